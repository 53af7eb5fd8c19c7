"""A worker goes on under the id of the request that left it the work (LO-01)."""

from collections.abc import Iterator
from contextlib import contextmanager

from celery import Task

from mfa import tracing
from portal.celery import app


@contextmanager
def running(**request: object) -> Iterator[Task]:
    """A task as the worker sees it."""
    task = app.tasks["mfa.tallies.count"]
    task.push_request(**request)
    yield task
    task.pop_request()


def test_the_id_goes_along_with_a_task() -> None:
    headers: dict[str, object] = {}
    token = tracing.current.set("the-request")
    tracing.give_along(headers)
    tracing.current.reset(token)
    with running(headers=headers) as task:
        tracing.take_over(task)
        assert tracing.current.get() == "the-request"
        tracing.drop(task)
    assert tracing.current.get() == ""


def test_a_task_that_runs_in_the_page_keeps_the_page_s() -> None:
    token = tracing.current.set("the-request")
    with running(is_eager=True) as task:
        tracing.take_over(task)
        tracing.drop(task)
    assert tracing.current.get() == "the-request"
    tracing.current.reset(token)


def test_a_task_of_the_beat_has_none() -> None:
    with running() as task:
        tracing.take_over(task)
    assert tracing.current.get() == ""
