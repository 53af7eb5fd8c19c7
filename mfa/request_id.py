"""The id of a request, which its tasks keep, so that log lines can be matched."""

from contextvars import ContextVar
from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

# "" for work without a request: a command, the beat
current: ContextVar[str] = ContextVar("request", default="")
HEADER = "portal_request"


@before_task_publish.connect
def give_along(headers: dict[str, Any], **_: object) -> None:
    """Send the id with the task. It is random and gives no access."""
    headers[HEADER] = current.get()


@task_prerun.connect
def take_over(task: Task[..., Any], **_: object) -> None:
    """Use the id sent with the task. A task that runs in the page keeps the page's id."""
    if given := (task.request.get(HEADER) or (task.request.headers or {}).get(HEADER)):
        current.set(given)


@task_postrun.connect
def drop(task: Task[..., Any], **_: object) -> None:
    """Delete it, because the thread's next task may have none."""
    if not task.request.is_eager:
        current.set("")
