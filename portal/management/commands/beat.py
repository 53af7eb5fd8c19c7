"""`manage.py beat`: queues the periodic tasks. Run one process in total."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.celery import app


class Command(BaseCommand):
    """Starts Celery's beat without importing its other commands, as `worker` does."""

    help = "Queue the periodic tasks. Run exactly one."
    # portal.celery runs the checks.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file that stores when each task was last queued."""
        parser.add_argument("--schedule", default=app.conf.beat_schedule_filename, metavar="FILE")

    def handle(self, *_args: Any, schedule: str, **_options: Any) -> None:
        """Run until a signal ends it."""
        app.Beat(schedule=schedule, loglevel="WARNING").run()
