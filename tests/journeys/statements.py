"""The SQL statements of each request of a journey, without the worker's."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.http import HttpResponse
from django.test import Client, TestCase

from tests.portal_client import Browser

WRITING = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Statements:
    """The statements of one request, in their order."""

    request: str
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def note(self, execute: Callable[..., object], sql: str, *rest: object) -> object:
        """Record a statement and run it, except savepoints and transactions."""
        if sql.startswith("SELECT"):
            self.reads.append(sql)
        elif sql.startswith(WRITING):
            self.writes.append(sql)
        return execute(sql, *rest)


class CountingBrowser(Browser):
    """Records each request's statements. Callbacks on commit run when they are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Statements] = []

    def request(self, **request: object) -> HttpResponse:
        seen = Statements(f"{request['REQUEST_METHOD']} {request['PATH_INFO']}")
        with TestCase.captureOnCommitCallbacks() as waiting, connection.execute_wrapper(seen.note):
            response = self.serve(**request)
        self.log.append(seen)
        for callback in waiting:
            callback()
        return response

    def serve(self, **request: object) -> HttpResponse:
        """Return what counts for a request: everything but the worker's part."""
        return Client.request(self, **request)
