"""HTTP connections that know whether a request was sent, and that another thread can stop.

A socket timeout applies to each read, so a slow trickle of bytes never times out. Therefore a call
runs in its own thread, and the caller waits only until the deadline.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssltransport import SSLTransport

Answer = TypeVar("Answer")
# The name of the threads of calls
CALLING = "call"


class DeadlineError(Exception):
    """The time for a call is over."""


class Call:
    """One request, shared by the thread that makes it and the thread that waits for it."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._lock = Lock()
        self._line: HTTPConnection | None = None
        self._stopped = False
        self.left = False

    def take(self, line: HTTPConnection) -> None:
        """Note the connection in use, for stop()."""
        self._line = line

    def leave(self) -> None:
        """Note that the request is being sent. Raises DeadlineError if the call was stopped."""
        with self._lock:
            if self._stopped:
                raise DeadlineError
            self.left = True

    def stop(self) -> None:
        """Prevent any further sending, and wake the thread that waits for an answer."""
        with self._lock:
            self._stopped = True
        sock = self._line.sock if self._line else None
        wire = sock.socket if isinstance(sock, SSLTransport) else sock
        if wire is not None:
            # Not SSLSocket.shutdown, which would remove the TLS state while the reader uses it.
            with suppress(OSError):
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


_current: ContextVar[Call] = ContextVar("current")


class PlainConnection(HTTPConnection):
    """A connection that reports to the current call."""

    def connect(self) -> None:
        """Report before connecting, because a proxy's answer can trickle too."""
        _current.get().take(self)
        super().connect()

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,  # noqa: FBT001, FBT002 - http.client's signature
        skip_accept_encoding: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Report that the request is being sent. Connection, tunnel and TLS are ready by now."""
        call = _current.get()
        call.take(self)
        call.leave()
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class Connection(PlainConnection, HTTPSConnection):
    """The same with TLS."""


class Lines(HTTPSConnectionPool):
    """The connection pool of one host."""

    ConnectionCls = Connection


class PlainLines(HTTPConnectionPool):
    """The same without TLS, for a push service on this machine."""

    ConnectionCls = PlainConnection


def within(ends: float, call: Call, work: Callable[[], Answer]) -> Answer:
    """Return the result of `work`, or raise DeadlineError at the monotonic time `ends`.

    `work` must not raise. It runs in a daemon thread, which is abandoned at the deadline.
    """
    answers: SimpleQueue[Answer] = SimpleQueue()

    def run() -> None:
        _current.set(call)
        answers.put(work())

    Thread(target=run, name=CALLING, daemon=True).start()
    try:
        return answers.get(timeout=max(0.0, ends - monotonic()))
    except Empty:
        call.stop()
        raise DeadlineError from None
