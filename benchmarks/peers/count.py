"""Log in once inside a product's own process, and count: `python -m benchmarks.peers.count NAME`.

Reads people from standard input and prints the counts, both as JSON. Counts are repeatable, unlike
CPU times on a shared machine.
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import django
from django.db import connection
from django.test import Client

from benchmarks.peers.browser import FORM, Answer, Browser
from benchmarks.peers.logins import ENTRIES, Files, Person, Phone

READING, WRITING = ("SELECT", "WITH"), ("INSERT", "UPDATE", "DELETE")
# The first logins load templates, URLs and compiled statements.
WARM_UP = 3


@dataclass
class InProcess(Browser):
    """Django's test client; counts calls and statements while the product answers."""

    client: Client = field(default_factory=Client)
    calls: int = 0
    reads: int = 0
    writes: int = 0

    def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        """Answer a request, and count meanwhile."""
        ask = self.client.get if method == "GET" else self.client.post
        words = {} if method == "GET" else {"data": body, "content_type": FORM}
        with connection.execute_wrapper(self._note):
            sys.setprofile(self._count)
            try:
                response = ask(path, headers=headers, **words)
            finally:
                sys.setprofile(None)
        return Answer(response.status_code, response.get("Location", ""), response.content.decode())

    def _count(self, _frame: FrameType, event: str, _argument: object) -> None:
        # Functions of Python and built-in ones, like cProfile
        self.calls += event in {"call", "c_call"}

    def _note(self, execute: object, sql: str, *rest: object) -> object:
        self.reads += sql.startswith(READING)
        self.writes += sql.startswith(WRITING)
        return execute(sql, *rest)


def main(name: str) -> None:
    """Log everyone in, and count the last one."""
    django.setup()
    phone = _phone(ENTRIES[name].site)
    for facts in json.load(sys.stdin)[: WARM_UP + 1]:
        person = Person(**facts)
        words = {"x-forwarded-for": person.address, "user-agent": "Firefox Linux"}
        browser = InProcess()
        browser.client = Client(headers=words)
        # Once in a process
        browser.client.handler.load_middleware()
        ENTRIES[name].log_in(browser, person, phone)
    print(json.dumps({what: getattr(browser, what) for what in COUNTED}))


def _phone(site: str) -> Phone:
    if site not in {"portal", "small"}:
        return Files(Path(os.environ["PEERS_OUTBOX"]))
    from benchmarks.peers.portal_phones import Derived

    return Derived()


COUNTED = ("requests", "calls", "reads", "writes", "size")

if __name__ == "__main__":
    main(sys.argv[1])
