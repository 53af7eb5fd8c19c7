"""The worker's part of an import: steps of a second, so that other tasks run in between."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.csv_import import dry_run, run
from accounts.models import PeopleImport
from mfa.rules import kept

STEP, EAGER_STEP = timedelta(seconds=1), timedelta(seconds=20)
# A step takes a second. Others in the queue take longer, but not this long.
LOST = timedelta(minutes=2)
State = PeopleImport.State


@shared_task(name="accounts.csv_import.work")
def work(pk: int) -> None:
    """Check or import for one second, and queue the rest.

    Without a broker this runs inside the request, so it works longer, and the page continues it.
    """
    if not kept.is_id(pk):
        return
    eager = work.app.conf.task_always_eager
    seconds = (EAGER_STEP if eager else STEP).total_seconds()
    more = dry_run.check(pk, seconds=seconds) or run.go_on(pk, seconds=seconds)
    if more and not eager:
        wake(pk)


@shared_task(name="accounts.csv_import.catch_up")
def catch_up() -> None:
    """Continue imports whose next step was lost with the broker or a worker."""
    working = PeopleImport.objects.filter(state__in=[State.CHECKING, State.RUNNING])
    lost = working.filter(worked_at__lt=timezone.now() - LOST)
    for pk in lost.values_list("pk", flat=True):
        wake(pk)


def wake(pk: int) -> None:
    """Queue the next step behind the texts and codes of others."""
    work.apply_async((pk,), queue="bulk")
