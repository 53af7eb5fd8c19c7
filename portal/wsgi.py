"""The WSGI application that gunicorn serves; it refuses to start on a failed check.

gunicorn runs no system checks of its own, so they run here.
"""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()
call_command("check", verbosity=0)
