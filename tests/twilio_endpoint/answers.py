"""The endpoint's answers: Twilio's refusals, and connection faults.

`takes` says whether Twilio would have sent the message in spite of the answer.
"""

import json
import socket
import struct
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Protocol

# HTTP statuses of Twilio's error numbers. Others have 400.
STATUSES = {
    10001: 403,
    20003: 401,
    20005: 403,
    20008: 403,
    20403: 403,
    20404: 404,
    20429: 429,
    20500: 500,
    20503: 503,
    21408: 403,
    21611: 429,
    60410: 403,
    70051: 401,
}


class Answer(Protocol):
    """One way to answer a request."""

    takes: bool

    def give(self, wire: BaseHTTPRequestHandler) -> None: ...


@dataclass(frozen=True)
class Page:
    """A complete answer of any kind."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    takes: bool = False

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        wire.send_response(self.status)
        wire.send_header("Content-Type", self.kind)
        wire.send_header("Content-Length", str(len(self.body)))
        for name, value in self.headers.items():
            wire.send_header(name, value)
        wire.end_headers()
        wire.wfile.write(self.body)


def record(fields: object, status: int = 200, *, takes: bool = False) -> Page:
    return Page(status, json.dumps(fields).encode(), takes=takes)


def refusal(code: int, status: int | None = None) -> Page:
    """Twilio's error answer. Its text repeats the request's data, like Twilio's."""
    status = status or STATUSES.get(code, 400)
    message = "The 'To' number +447700900123 is not right for 123456 is your code"
    link = f"https://www.twilio.com/docs/errors/{code}"
    return record({"code": code, "message": message, "more_info": link, "status": status}, status)


def problem(code: int, status: int | None = None) -> Page:
    """The same in the shape of RFC 9457."""
    status = status or STATUSES.get(code, 400)
    link = f"https://www.twilio.com/docs/errors/{code}"
    return record({"type": link, "title": "Refused", "status": status, "code": code}, status)


HTML = Page(502, b"<html><h1>Bad gateway</h1></html>", "text/html")
NONSENSE = Page(201, b"<html>Welcome to the hotel</html>", "text/html", takes=True)
REDIRECT = Page(302, b"", headers={"Location": "https://api.twilio.com/elsewhere"})


@dataclass(frozen=True)
class Silence:
    """Accepts the request and does not answer."""

    seconds: float = 60
    takes: bool = True

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        wire.server.rest(self.seconds)
        wire.close_connection = True


@dataclass(frozen=True)
class Late:
    """Accepts the request and answers with a delay."""

    seconds: float
    takes: bool = True

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        wire.server.rest(self.seconds)
        record({"sid": "SM" + "1" * 32, "status": "queued"}, 201).give(wire)


@dataclass(frozen=True)
class Trickle:
    """Accepts the request and answers byte by byte, within any timeout of one read."""

    pause: float = 0.05
    headers: bool = False
    takes: bool = True

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        wire.close_connection = True
        if not self.headers:
            wire.send_response(201)
            wire.send_header("Content-Length", "100000")
            wire.end_headers()
        for byte in b"HTTP/1.1 201 Created" + b" " * 10_000:
            wire.wfile.write(bytes([byte]))
            if wire.server.rest(self.pause):
                return


@dataclass(frozen=True)
class Reset:
    """Accepts the request and drops the connection, before or during the answer."""

    begun: bool = False
    takes: bool = True

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        if self.begun:
            wire.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")
        wire.close_connection = True
        # Do not linger: the other side gets a reset instead of a close.
        linger = struct.pack("ii", 1, 0)
        wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@dataclass(frozen=True)
class Flood:
    """Accepts the request and answers endlessly, as fast as possible."""

    takes: bool = True

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        wire.close_connection = True
        wire.send_response(201)
        wire.end_headers()
        while not wire.server.rest(0):
            wire.wfile.write(b"[" * 65_536)


@dataclass(frozen=True)
class Cut:
    """Answers completely by its headers, but cuts the JSON."""

    takes: bool = True

    def give(self, wire: BaseHTTPRequestHandler) -> None:
        Page(201, b'{"sid": "SM0000000000000').give(wire)


# In manual use the number decides: if it ends in one of Twilio's error numbers, it is refused with
# that, and these endings break the connection.
BY_ENDING: dict[str, Answer] = {
    "90001": Silence(),
    "90002": Trickle(),
    "90003": Reset(),
    "90004": Reset(begun=True),
    "90005": Cut(),
    "90006": HTML,
    "90007": NONSENSE,
    "90008": REDIRECT,
}


def by_ending(number: str, codes: frozenset[int]) -> Answer | None:
    """Return the answer that a number requests, or None."""
    ending = number[-5:]
    if ending in BY_ENDING:
        return BY_ENDING[ending]
    return refusal(int(ending)) if ending.isdecimal() and int(ending) in codes else None
