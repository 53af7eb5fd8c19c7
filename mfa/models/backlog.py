"""Backlogs: the work of periodic tasks, done in short steps.

After an import or a long outage there may be millions of rows. A step takes one second and works on
batches of rows, found by an index, each in its own transaction. Then the task is queued again at
the end of the queue, so other tasks run in between. A crash loses one batch, which the next step
repeats.
"""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from celery import Task

from mfa.models import Metric

STEP = timedelta(seconds=1)
MARK = "mark"
# Processes one batch and returns whether there may be more.
Batch = Callable[[], bool]


def step(*batches: Batch) -> bool:
    """Process batches for up to one second. Return whether more may be left."""
    ends = monotonic() + STEP.total_seconds()
    for batch in batches:
        while batch():
            if monotonic() >= ends:
                return True
    return False


def go_on(task: "Task[[], None]") -> None:
    """Queue the task's next step.

    Without a broker the step would run inside this one and never end, so the next scheduled call
    continues instead.
    """
    if not task.app.conf.task_always_eager:
        task.apply_async()


def lock(mark: str, *, wait: bool = False) -> Metric | None:
    """Lock a backlog until the transaction ends, or return None if another worker has it.

    So a scheduled task finds nothing to do while an earlier one continues, and steps do not
    multiply.
    """
    Metric.objects.get_or_create(name=MARK, words=mark, defaults={"value": 0})
    marks = Metric.objects.filter(name=MARK, words=mark)
    return marks.select_for_update(skip_locked=not wait).first()
