"""A portal whose parts can be stopped, held and inspected."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests.processes import people
from tests.processes.cluster import Cluster
from tests.processes.portal import PASSWORD, Company, code_in
from tests.processes.queue import Queue
from tests.processes.visitor import Answer, Visitor, soon

WAITING = (
    "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Person(Visitor):
    """A person with a browser and a phone."""

    def __init__(self, portal: Company, email: str) -> None:
        super().__init__(portal.url)
        self.portal, self.email = portal, email
        self.number = people.number_of(email)

    def log_in(self) -> str:
        """Enter the password. Return the next page."""
        self.password(self.email, PASSWORD)
        return self.path

    def texts(self) -> list[str]:
        return self.portal.texts(self.number)

    def next_code(self, after: int = 0) -> str:
        """Return the code of the text after this many."""
        return code_in(soon(lambda: self.texts()[after:], within=20)[0])

    def type(self, code: str) -> str:
        """Enter a code. Return the next page."""
        self.post("/login/verify/", code=code)
        return self.path

    def ask_again(self) -> None:
        """Wait until it is possible, and request another text."""
        self.portal.query("UPDATE mfa_challenge SET resend_at = now()")
        self.get("/login/verify/")
        self.post("/login/verify/resend/")

    def deliveries(self, what: str) -> list[tuple]:
        statement = f"SELECT {what} FROM mfa_delivery WHERE target = %s ORDER BY id"
        return self.portal.query(statement, self.number)

    def phones(self) -> list[str]:
        """Return the person's current numbers."""
        statement = (
            "SELECT target FROM mfa_factor JOIN accounts_user ON accounts_user.id = user_id "
            "WHERE email = %s AND status <> 'revoked'"
        )
        return [number for (number,) in self.portal.query(statement, self.email)]

    def challenges(self, what: str) -> list[tuple]:
        statement = f"SELECT {what} FROM mfa_challenge WHERE target = %s ORDER BY created_at"
        return self.portal.query(statement, self.number)


@dataclass
class Site:
    """The portal, its servers, and people that no test has used yet."""

    portal: Company
    cluster: Cluster
    queue: Queue
    fresh: list[str]
    clicks: ThreadPoolExecutor

    def person(self) -> Person:
        """Return a person with a confirmed phone."""
        return Person(self.portal, self.fresh.pop())

    def mend(self) -> None:
        """Start what a test has left stopped."""
        for process in (self.queue, *self.portal.background):
            if not process.running:
                process.start()
        self.portal.wait_until_served()

    @contextmanager
    def held(self, table: str) -> Iterator[None]:
        """Block writes and row locks of a table. Reads continue."""
        with psycopg.connect(self.portal.database) as connection:
            connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield

    def waiting(self) -> list[int]:
        """Return the database's processes that wait for a lock."""
        return [pid for (pid,) in self.portal.query(WAITING)]

    def click(self, visitor: Visitor, path: str, **fields: str) -> Future[Answer]:
        """Post a form, and run code during the request."""
        return self.clicks.submit(visitor.send, "POST", path, fields)

    def kill_web_in(
        self, table: str, visitor: Visitor, path: str, *, reached: bool = False, **fields: str
    ) -> None:
        """Post a form, and `kill -9` gunicorn's workers when the request would write to a table.

        `reached`: the database already has the statement, and executes it without the worker.
        """
        with self.held(table):
            lost = self.click(visitor, path, **fields)
            waiting = soon(self.waiting)
            self.portal.web.kill_children()
            assert isinstance(lost.exception(), ConnectionError)
            self.end_waiting([] if reached else waiting)
        self.portal.wait_until_served()

    def end_waiting(self, waiting: list[int]) -> None:
        """Terminate database processes, as it does when their client is gone."""
        self.portal.query("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", waiting)
