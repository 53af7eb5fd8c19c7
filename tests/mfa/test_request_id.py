"""A task keeps the id of the request that queued it (LO-01)."""

from collections.abc import Iterator
from contextlib import contextmanager

from celery import Task

from mfa import request_id
from portal.celery import app


@contextmanager
def running(**request: object) -> Iterator[Task]:
    """A task as the worker sees it."""
    task = app.tasks["mfa.tallies.count"]
    task.push_request(**request)
    yield task
    task.pop_request()


def test_id_is_sent_with_task() -> None:
    headers: dict[str, object] = {}
    token = request_id.current.set("the-request")
    request_id.give_along(headers)
    request_id.current.reset(token)
    with running(headers=headers) as task:
        request_id.take_over(task)
        assert request_id.current.get() == "the-request"
        request_id.drop(task)
    assert request_id.current.get() == ""


def test_task_run_by_page_keeps_its_request_id() -> None:
    token = request_id.current.set("the-request")
    with running(is_eager=True) as task:
        request_id.take_over(task)
        request_id.drop(task)
    assert request_id.current.get() == "the-request"
    request_id.current.reset(token)


def test_beat_task_has_no_request_id() -> None:
    with running() as task:
        request_id.take_over(task)
    assert request_id.current.get() == ""
