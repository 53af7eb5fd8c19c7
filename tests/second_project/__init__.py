"""A project with its own account pages that uses only mfa, without accounts and portal."""

from celery import Celery

# Celery tasks send texts and emails.
app = Celery("second_project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
