"""The TLS server with Twilio's API."""

import ssl
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from time import monotonic
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.twilio_endpoint.account import Account
from tests.twilio_endpoint.answers import Answer, Silence, by_ending, refusal
from tests.twilio_endpoint.certificates import Authority
from tests.twilio_endpoint.journal import Journal


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Endpoint"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(dict(parse_qsl(body, keep_blank_values=True)))

    def _answer(self, form: dict[str, str]) -> None:
        answer = self.server.answer(self, form)
        with suppress(OSError):
            answer.give(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The journal has everything."""


class Endpoint(ThreadingHTTPServer):
    """Use as a context manager. Inspect `requests`, `users`, `messages` and `account`."""

    daemon_threads = True
    # Idle connections of the portal must not keep a test from ending.
    block_on_close = False

    def __init__(
        self,
        authority: Authority,
        *,
        account: Account | None = None,
        port: int = 0,
        journal: Journal | None = None,
        codes: frozenset[int] = frozenset(),
    ) -> None:
        """`codes`: Twilio's error numbers that a number can request by its last five digits."""
        self.account = account or Account()
        self.messages: list[dict[str, str]] = []
        self.requests: list[str] = []
        self.users: list[str] = []
        self.connections = 0
        self._codes = codes
        self._next: deque[Answer] = deque()
        self._context: ssl.SSLContext = authority.server_context()
        self._journal = journal or Journal()
        self._closing = threading.Event()
        self._stalls_until = 0.0
        super().__init__(("127.0.0.1", port), _Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self.shutdown()
        self.server_close()

    def answer_next(self, *answers: Answer) -> None:
        """Give this answer to the next requests instead of the account's."""
        self._next.extend(answers)

    def stall(self, seconds: float) -> None:
        """Accept and answer nothing for a while. Requests in that time are lost."""
        self._stalls_until = monotonic() + seconds

    def rest(self, seconds: float) -> bool:
        """Wait, and return whether the endpoint closes meanwhile."""
        return self._closing.wait(seconds)

    def finish_request(self, request: socket, client_address: object) -> None:
        with suppress(OSError), self._context.wrap_socket(request, server_side=True) as tls:
            self.connections += 1
            super().finish_request(tls, client_address)

    def answer(self, wire: BaseHTTPRequestHandler, form: dict[str, str]) -> Answer:
        path, query = urlsplit(wire.path)[2:4]
        self.requests.append(f"{wire.command} {path}")
        self.users.append(self.account.user(wire.headers["Authorization"]))
        answer = self._choose(wire, path, dict(parse_qsl(query)), form)
        self._journal.write("request", method=wire.command, path=path, query=query, form=form)
        if answer.takes and form:
            self.messages.append(form)
            self._journal.write("message", **form)
        return answer

    def _choose(
        self, wire: BaseHTTPRequestHandler, path: str, query: dict[str, str], form: dict[str, str]
    ) -> Answer:
        if self._next:
            return self._next.popleft()
        if (left := self._stalls_until - monotonic()) > 0:
            return Silence(left, takes=False)
        if not (user := self.account.user(wire.headers["Authorization"])):
            return refusal(20003)
        if wire.command == "GET":
            return self.account.get(path, query, user=user)
        return by_ending(form.get("To", ""), self._codes) or self.account.post(path, form)
