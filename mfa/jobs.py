"""Work off what staff do to many people at once, in steps of a second.

Permissions are checked for each person when their turn comes: powers may have changed since
the job was started. A job ends with the sessions of the person who started it, so that a thief's
job stops at "This was not me". A person's turn and the count of it are one transaction, so a
worker that is killed leaves nobody out and does nothing twice.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from celery import shared_task
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from mfa import backlog, kept
from mfa.models import Job, Protected
from mfa.origin import Origin

logger = logging.getLogger(__name__)

# More than this would keep a page, and its web process, waiting.
MOST_AT_ONCE = 50
# Steps take a second; the others in the queue take longer, but not this long.
LOST = timedelta(minutes=2)
# People in one transaction
BATCH = 20
# Does it to a person on somebody's behalf, and says whether; PermissionDenied leaves them out.
Verb = Callable[[Protected, Protected, Origin], bool]


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done to many people, in words and in deed."""

    words: Promise | str
    verb: Verb


# The apps above add theirs when they are loaded, in web and worker alike.
ACTIONS: dict[str, Action] = {}


def start(action: str, people: Sequence[int], *, by: Protected, origin: Origin) -> Job | None:
    """Queue an action; None where no worker runs, or while the same person's last one does."""
    if work.app.conf.task_always_eager or action not in ACTIONS:
        return None
    with transaction.atomic():
        # Two clicks at once: the second waits here.
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if Job.objects.filter(by_id=by.pk, action=action, finished_at=None).exists():
            return None
        job = Job.objects.create(
            action=action,
            by_id=by.pk,
            by_epoch=by.session_epoch,
            address=origin.address or None,
            browser=origin.browser,
            people=list(people),
            total=len(people),
        )

        def wake() -> None:
            work.delay(job.pk)

        transaction.on_commit(wake, robust=True)
    return job


@shared_task(name="mfa.jobs.work")
def work(pk: int) -> None:
    """Do a second of a job, and queue the rest of it behind what waits."""
    if not kept.is_id(pk):
        return
    if backlog.step(partial(_next, pk)) and not work.app.conf.task_always_eager:
        work.delay(pk)


@shared_task(name="mfa.jobs.catch_up")
def catch_up() -> None:
    """Go on with jobs whose next step was lost, with the broker or a worker."""
    lost = Job.objects.filter(finished_at=None, worked_at__lt=timezone.now() - LOST)
    for pk in lost.values_list("pk", flat=True):
        work.delay(pk)


def _next(pk: int) -> bool:
    """Deal with the next people; say whether there may be more."""
    with transaction.atomic():
        rows = Job.objects.select_for_update(skip_locked=True)
        job = rows.filter(pk=pk, finished_at=None).first()
        if job is None:
            return False
        keys = job.people[job.position : job.position + BATCH]
        done = _deal(job, keys)
        job.position += len(keys)
        job.left_out += len(keys) - done
        job.worked_at = timezone.now()
        if job.position >= len(job.people):
            job.finished_at = job.worked_at
        job.save(update_fields=["position", "left_out", "worked_at", "finished_at"])
        return job.finished_at is None


def _deal(job: Job, keys: list[int]) -> int:
    people = get_user_model().objects
    staff = people.filter(is_active=True, is_staff=True)
    by = staff.filter(pk=job.by_id or 0, session_epoch=job.by_epoch).first()
    if by is None:
        return 0
    rows = people.filter(pk__in=keys)
    return sum(_done(job, one, by) for one in rows if isinstance(one, Protected))


def _done(job: Job, one: Protected, by: Protected) -> bool:
    origin = Origin(address=job.address or "", browser=job.browser)
    try:
        with transaction.atomic():
            return ACTIONS[job.action].verb(one, by, origin)
    except PermissionDenied:
        return False
    except Exception:
        # One person's fault must not hold up the others.
        logger.exception("job %d left out person %d", job.pk, one.pk)
        return False
