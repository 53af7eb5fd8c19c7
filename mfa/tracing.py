"""The id of the request, or of the task that it left to a worker: it ties log lines together."""

from contextvars import ContextVar
from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

# "" where there is no request behind the work: a command, the beat
current: ContextVar[str] = ContextVar("request", default="")
HEADER = "portal_request"


@before_task_publish.connect
def give_along(headers: dict[str, Any], **_: object) -> None:
    """Send the id with the task: it is random and opens nothing."""
    headers[HEADER] = current.get()


@task_prerun.connect
def take_over(task: Task[..., Any], **_: object) -> None:
    """Go on under the id that came with the task; one that runs in the page keeps the page's."""
    if given := (task.request.get(HEADER) or (task.request.headers or {}).get(HEADER)):
        current.set(given)


@task_postrun.connect
def drop(task: Task[..., Any], **_: object) -> None:
    """Forget it: the thread's next task may have none."""
    if not task.request.is_eager:
        current.set("")
