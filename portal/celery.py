"""The Celery application: `celery -A portal worker` sends, `celery -A portal beat` sweeps."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["mfa"], related_name="deliveries")
