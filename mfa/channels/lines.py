"""Connections that know whether a request has left on them, and that another thread can cut.

A timeout of sockets is one per read: an answer that trickles in outlives it for as long as it
likes. So a call runs in a thread of its own, and whoever asked waits no longer than the deadline.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.util.ssltransport import SSLTransport

Answer = TypeVar("Answer")


class DeadlineError(Exception):
    """The time for a call is over."""


class Call:
    """One request on its way, shared by the thread that makes it and the one that waits for it."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._lock = Lock()
        self._line: HTTPSConnection | None = None
        self._stopped = False
        self.left = False

    def take(self, line: HTTPSConnection) -> None:
        """Note the connection in use, for stop()."""
        self._line = line

    def leave(self) -> None:
        """Note that the request leaves now. Raises DeadlineError when the call was stopped."""
        with self._lock:
            if self._stopped:
                raise DeadlineError
            self.left = True

    def stop(self) -> None:
        """Let nothing leave from now on, and wake the thread that waits for an answer."""
        with self._lock:
            self._stopped = True
        sock = self._line.sock if self._line else None
        wire = sock.socket if isinstance(sock, SSLTransport) else sock
        if wire is not None:
            # Not SSLSocket's own method: that takes the TLS state away from under the reader.
            with suppress(OSError):
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


_current: ContextVar[Call] = ContextVar("current")


class Line(HTTPSConnection):
    """A connection that reports to the current call."""

    def connect(self) -> None:
        """Report before connecting: a proxy's answer can trickle too."""
        _current.get().take(self)
        super().connect()

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,  # noqa: FBT001, FBT002 - http.client's signature
        skip_accept_encoding: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Report that the request leaves: connection, tunnel and TLS stand by now."""
        call = _current.get()
        call.take(self)
        call.leave()
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class Lines(HTTPSConnectionPool):
    """The connections to one host."""

    ConnectionCls = Line


def within(ends: float, call: Call, work: Callable[[], Answer]) -> Answer:
    """Return what `work` returns, or raise DeadlineError when the monotonic clock says `ends`.

    `work` must not raise; a daemon thread does it and is left behind at the deadline.
    """
    answers: SimpleQueue[Answer] = SimpleQueue()

    def run() -> None:
        _current.set(call)
        answers.put(work())

    Thread(target=run, name="twilio", daemon=True).start()
    try:
        return answers.get(timeout=max(0.0, ends - monotonic()))
    except Empty:
        call.stop()
        raise DeadlineError from None
