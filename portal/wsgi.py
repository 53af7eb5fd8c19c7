"""The WSGI application for gunicorn. It does not start if a system check fails.

gunicorn does not run system checks, so they run here.
"""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()
call_command("check", verbosity=0)
