#!/usr/bin/env python
"""Runs the portal's commands: `python manage.py help` lists them."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        # Read at once: Django would run some commands without settings, and trace the fault.
        _ = settings.DEBUG
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        # As doctor's own: something does not work.
        sys.exit(2)
    execute_from_command_line(sys.argv)
