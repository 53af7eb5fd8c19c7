"""Jobs: actions of staff on many people, done in steps of a second.

Permissions are checked for each person in turn, because they can change during the job. A job ends
with the sessions of the person who started it, so "This was not me" stops an attacker's job. An
action and its count are in one transaction, so a killed worker skips nobody and repeats nothing.
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

from mfa.client import Client
from mfa.models import AbstractMfaUser, Job, backlog
from mfa.rules import kept

logger = logging.getLogger(__name__)

# More would keep the page and its web process waiting.
MOST_AT_ONCE = 50
# A step takes a second. Others in the queue take longer, but not this long.
LOST = timedelta(minutes=2)
# People per transaction
BATCH = 20
# Acts on a person for someone else. Returns whether it did; PermissionDenied skips the person.
Verb = Callable[[AbstractMfaUser, AbstractMfaUser, Client], bool]


@dataclass(frozen=True, slots=True)
class Action:
    """An action on many people, and its name."""

    words: Promise | str
    verb: Verb


# The apps above add their actions when they load, in web and worker processes.
ACTIONS: dict[str, Action] = {}


def start(action: str, people: Sequence[int], *, by: AbstractMfaUser, client: Client) -> Job | None:
    """Queue an action. Return None without a worker, or while the person's last one is running."""
    if work.app.conf.task_always_eager or action not in ACTIONS:
        return None
    with transaction.atomic():
        # If two clicks come at once, the second waits here.
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)
        if Job.objects.filter(by_id=by.pk, action=action, finished_at=None).exists():
            return None
        job = Job.objects.create(
            action=action,
            by_id=by.pk,
            by_epoch=by.session_epoch,
            address=client.address or None,
            browser=client.browser,
            people=list(people),
            total=len(people),
        )

        def wake() -> None:
            work.delay(job.pk)

        transaction.on_commit(wake, robust=True)
    return job


@shared_task(name="mfa.jobs.work")
def work(pk: int) -> None:
    """Work on a job for one second, and queue the rest."""
    if not kept.is_id(pk):
        return
    if backlog.step(partial(_next, pk)) and not work.app.conf.task_always_eager:
        work.delay(pk)


@shared_task(name="mfa.jobs.catch_up")
def catch_up() -> None:
    """Continue jobs whose next step was lost with the broker or a worker."""
    lost = Job.objects.filter(finished_at=None, worked_at__lt=timezone.now() - LOST)
    for pk in lost.values_list("pk", flat=True):
        work.delay(pk)


def _next(pk: int) -> bool:
    """Process the next people. Return whether there may be more."""
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
    return sum(_done(job, one, by) for one in rows if isinstance(one, AbstractMfaUser))


def _done(job: Job, one: AbstractMfaUser, by: AbstractMfaUser) -> bool:
    client = Client(address=job.address or "", browser=job.browser)
    try:
        with transaction.atomic():
            return ACTIONS[job.action].verb(one, by, client)
    except PermissionDenied:
        return False
    except Exception:
        # One person's error must not stop the job.
        logger.exception("job %d left out person %d", job.pk, one.pk)
        return False
