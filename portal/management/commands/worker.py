"""`manage.py worker`: sends messages and runs the periodic tasks."""

import sys
from typing import Any

from celery.utils.nodenames import gethostname
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from portal.celery import app


class Command(BaseCommand):
    """Starts a Celery worker with threads.

    `celery -A portal worker` does the same but imports all of Celery's commands: 200 modules and 9
    MB that a worker never uses.
    """

    help = "Process the queues: sms has the texts, bulk the invitations, celery everything else."
    # portal.celery runs the checks.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the queues, and how many tasks run at once."""
        parser.add_argument("queues", nargs="+", choices=settings.CELERY_TASK_QUEUES)
        parser.add_argument("--threads", type=int, default=4, help="tasks at once (default 4)")

    def handle(self, *_args: Any, queues: list[str], threads: int, **_options: Any) -> None:
        """Run until a signal ends it."""
        worker = app.Worker(
            hostname=f"{'-'.join(queues)}@{gethostname()}",
            pool_cls="threads",
            concurrency=threads,
            queues=queues,
            loglevel="WARNING",
        )
        worker.start()
        sys.exit(worker.exitcode)
