"""The Celery application: `celery -A portal worker` sends, `celery -A portal beat` keeps time."""

import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django.core.management import call_command
from django.core.management.base import SystemCheckError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
MODULES = (
    "brakes",
    "deliveries",
    "notices",
    "circuit",
    "failures",
    "jobs",
    "tallies",
    "retention",
    "watching",
)
for module in MODULES:
    app.autodiscover_tasks(["mfa"], related_name=module)
app.autodiscover_tasks(["accounts"], related_name="imports")


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Let settings.LOGGING decide alone: Celery would raise the root logger's level."""


@worker_init.connect
@beat_init.connect
def refuse_to_start_unchecked(**_: object) -> None:
    """Run the system checks, which Celery would only print."""
    try:
        call_command("check", verbosity=0)
    except SystemCheckError as error:
        # Celery swallows exceptions of signals, but not an exit.
        raise SystemExit(str(error)) from None
