"""Backlogs: what periodic tasks still have to do, worked off in short steps.

After an import or a long outage there may be millions of rows. A step takes a second: one batch of
rows, found by an index, after another, each in a transaction of its own. Then the task is queued
again, behind what waits, so other tasks run in between. A crash undoes one batch, and the next step
does it again.
"""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from celery import Task

from mfa.models import Tally

STEP = timedelta(seconds=1)
MARK = "mark"
# Does one batch; says whether there may be more.
Batch = Callable[[], bool]


def step(*batches: Batch) -> bool:
    """Do batches until none has anything left, or the second is over; say if more may be left."""
    ends = monotonic() + STEP.total_seconds()
    for batch in batches:
        while batch():
            if monotonic() >= ends:
                return True
    return False


def go_on(task: "Task[[], None]") -> None:
    """Queue the task's next step.

    Without a broker it would run inside this one, and never end: the next call goes on instead.
    """
    if not task.app.conf.task_always_eager:
        task.apply_async()


def lock(mark: str, *, wait: bool = False) -> Tally | None:
    """Lock a backlog until the transaction ends; None while another worker is at it.

    So a task that the beat starts beside one that goes on by itself finds nothing to do, and its
    steps do not multiply.
    """
    Tally.objects.get_or_create(name=MARK, words=mark, defaults={"value": 0})
    marks = Tally.objects.filter(name=MARK, words=mark)
    return marks.select_for_update(skip_locked=not wait).first()
