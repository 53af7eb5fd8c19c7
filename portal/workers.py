"""gunicorn's threaded worker, which reads requests completely before a thread takes them.

gthread assigns a thread to each connection after its first byte and waits for the rest, so a few
slow clients can occupy all threads. Here the loop reads each request, and a thread gets it when it
is complete. A buffering reverse proxy does the same, but may be missing.
"""

import re
import time
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from socket import socket

from gunicorn.workers.gthread import TConn, ThreadWorker

from portal.bodies import LARGEST

# Also the maximum for an idle connection. Normal clients need less for 100 KB.
LONGEST_READ = 10
# gunicorn refuses more than 100 fields of 8 KB. Browsers send less than a tenth of this.
LARGEST_HEAD = 64 * 1024
CHUNK = 64 * 1024
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,12})[ \t]*\r\n", re.IGNORECASE)
# A body that was not read should not occupy a thread.
LONGEST_DRAIN = 0.2


def is_whole(request: bytes) -> bool:
    """Whether a thread can answer: the request is complete, or too large and will be refused."""
    end = request.find(END)
    if end < 0:
        return len(request) > LARGEST_HEAD
    found = LENGTH.search(request[: end + len(END)])
    length = int(found[1]) if found else 0
    return length > LARGEST or len(request) >= end + len(END) + length


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A loop that reads, and threads that answer."""

    def init_process(self) -> None:
        """Start with no partial requests."""
        self.gathered: dict[TConn, bytes] = {}
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Read the request first, starting with what followed the previous one."""
        buffered = conn.parser.unreader.take_buffered() if conn.parser else b""
        self.gathered[conn] = buffered
        if is_whole(buffered):
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        # One deadline for the whole request, however many pieces it has
        conn.timeout = time.monotonic() + LONGEST_READ
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.gather, conn))

    def gather(self, conn: TConn, sock: socket) -> None:
        """Read what has arrived. Pass on complete requests, and those whose client has gone."""
        try:
            piece = sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self.gathered[conn] += piece
        if piece and not is_whole(self.gathered[conn]):
            return
        self.poller.unregister(sock)
        self.pending_conns.remove(conn)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> object:
        """Answer in a thread, and close the connection there and not in the loop."""
        conn.sock.settimeout(None)
        conn.init()
        conn.parser.unreader.unread(self.gathered.pop(conn, b""))
        kept = super().handle(conn)
        if not kept:
            conn.close(graceful=True)
        return kept

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        """Keep the connection, or count one less if a thread has closed it."""
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
            return
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Drop the data of clients that were too slow, and close them."""
        super().murder_pending()
        for conn in self.gathered.keys() - set(self.pending_conns):
            if conn.sock.fileno() < 0:
                del self.gathered[conn]

    def _cap_keepalive(self, deadline: float) -> None:
        """On shutdown, give unfinished requests no more time than idle connections."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _keepalive_after(self, conn: TConn, keepalive: object) -> bool:
        """Do not read the rest of a body that the application refused."""
        drained = conn.parser.finish_body(deadline=time.monotonic() + LONGEST_DRAIN)
        return bool(keepalive and drained)
