"""gunicorn's threaded worker, with requests gathered before a thread takes them.

gthread gives a thread to each connection that has sent a byte, and lets it wait for the rest: a few
clients that send a byte now and then hold all threads. Here the loop gathers each request, so a
thread gets one that is whole. A reverse proxy that buffers does the same; it may be missing.
"""

import re
import time
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from socket import socket

from gunicorn.workers.gthread import TConn, ThreadWorker

from portal.bodies import LARGEST

# Also what an idle connection may wait; nobody honest needs longer for 100 KB.
LONGEST_READ = 10
# gunicorn itself refuses more than 100 fields of 8 KB; no browser sends a tenth of this.
LARGEST_HEAD = 64 * 1024
CHUNK = 64 * 1024
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,12})[ \t]*\r\n", re.IGNORECASE)
# A body that nobody read is no reason to keep a thread.
LONGEST_DRAIN = 0.2


def is_whole(request: bytes) -> bool:
    """Say whether a thread can answer: all is there, or it will be refused as it stands."""
    end = request.find(END)
    if end < 0:
        return len(request) > LARGEST_HEAD
    found = LENGTH.search(request[: end + len(END)])
    length = int(found[1]) if found else 0
    return length > LARGEST or len(request) >= end + len(END) + length


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """One loop that reads, and threads that answer."""

    def init_process(self) -> None:
        """Begin with nothing gathered."""
        self.gathered: dict[TConn, bytes] = {}
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Gather the request first; what came behind the last one is a part of it."""
        buffered = conn.parser.unreader.take_buffered() if conn.parser else b""
        self.gathered[conn] = buffered
        if is_whole(buffered):
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        # One end for the whole request, however many pieces it comes in
        conn.timeout = time.monotonic() + LONGEST_READ
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.gather, conn))

    def gather(self, conn: TConn, sock: socket) -> None:
        """Take what has come; hand over what is whole, or whose client has gone."""
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
        """Answer in a thread; where the connection ends, let it end here and not in the loop."""
        conn.sock.settimeout(None)
        conn.init()
        conn.parser.unreader.unread(self.gathered.pop(conn, b""))
        kept = super().handle(conn)
        if not kept:
            conn.close(graceful=True)
        return kept

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        """Keep the connection, or count one less; a thread has closed it already."""
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
            return
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Forget what late clients have sent, and close them."""
        super().murder_pending()
        for conn in self.gathered.keys() - set(self.pending_conns):
            if conn.sock.fileno() < 0:
                del self.gathered[conn]

    def _cap_keepalive(self, deadline: float) -> None:
        """Let a stop wait no longer for requests that have just begun than for silent lines."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _keepalive_after(self, conn: TConn, keepalive: object) -> bool:
        """Drain no body that the application refused."""
        drained = conn.parser.finish_body(deadline=time.monotonic() + LONGEST_DRAIN)
        return bool(keepalive and drained)
