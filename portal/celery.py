"""The Celery application for `manage.py worker` and `manage.py beat`."""

import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django.core.management import call_command
from django.core.management.base import SystemCheckError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
for package, module in (
    ("mfa", "metrics"),
    ("mfa", "recoveries"),
    ("mfa", "retention"),
    ("mfa.admin.base", "jobs"),
    ("mfa.factors.push", "sending"),
    ("mfa.fraud", "blocks"),
    ("mfa.fraud", "watch"),
    ("mfa.messages", "circuit"),
    ("mfa.messages", "failures"),
    ("mfa.messages", "notices"),
    ("mfa.messages", "queue"),
    ("mfa.messages", "worker"),
    ("accounts.people", "imported_hashes"),
    ("accounts.csv_import", "tasks"),
):
    app.autodiscover_tasks([package], related_name=module)


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Keep settings.LOGGING: Celery would raise the level of the root logger."""


@worker_init.connect
@beat_init.connect
def refuse_to_start_unchecked(**_: object) -> None:
    """Run the system checks, which Celery would only print."""
    try:
        call_command("check", verbosity=0)
    except SystemCheckError as error:
        # Celery ignores exceptions in signal handlers, but not an exit.
        raise SystemExit(str(error)) from None
