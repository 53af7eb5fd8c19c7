"""A TLS proxy that adds the client's address, and browsers behind it.

It does not buffer: what a client sends goes to gunicorn at once, however slowly it comes.
"""

import re
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self
from urllib.parse import urlencode, urlsplit

from tests.processes.visitor import Visitor
from tests.twilio_endpoint.certificates import Authority

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CHUNK, LONGEST_HEAD = 65_536, 65_536
# There are many loopback addresses, so clients can come from different networks.
HOME = "127.0.0.1"


class _Handler(BaseRequestHandler):
    server: "Front"

    def handle(self) -> None:
        with suppress(OSError):
            client = self.server.context.wrap_socket(self.request, server_side=True)
            with client, socket.create_connection(self.server.behind) as portal:
                head, body = self._head(client)
                _forth(client, portal, head, body)
                while answer := portal.recv(CHUNK):
                    client.sendall(answer)

    def _head(self, client: ssl.SSLSocket) -> tuple[bytes, bytes]:
        """Read the request's head, and add the proxy headers."""
        read = b""
        while b"\r\n\r\n" not in read and len(read) < LONGEST_HEAD and (more := client.recv(CHUNK)):
            read += more
        head, _, body = read.partition(b"\r\n\r\n")
        kept = [
            line
            for line in head.split(b"\r\n")
            if not line.lower().startswith((b"x-forwarded-proto:", b"connection:"))
        ]
        added = [
            b"X-Forwarded-Proto: https",
            b"X-Forwarded-For: " + self.client_address[0].encode(),
            b"Connection: close",
        ]
        return b"\r\n".join([*kept, *added, b"", b""]), body


def _forth(client: ssl.SSLSocket, portal: socket.socket, head: bytes, body: bytes) -> None:
    """Pass the request on. The portal can refuse a body before it is complete."""
    found = LENGTH.search(head)
    left = int(found[1]) - len(body) if found else 0
    with suppress(OSError):
        portal.sendall(head + body)
        while left > 0 and (more := client.recv(CHUNK)):
            portal.sendall(more)
            left -= len(more)


class Front(ThreadingTCPServer):
    """Use as a context manager. `url` is the address for browsers."""

    daemon_threads = allow_reuse_address = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, folder: Path, behind: str) -> None:
        """`behind` is the portal's own address."""
        folder.mkdir()
        self.context = Authority(folder, hosts=("localhost",)).server_context()
        address = urlsplit(behind)
        self.behind = (address.hostname or HOME, address.port or 80)
        super().__init__((HOME, 0), _Handler)
        self.url = f"https://{HOME}:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Browser(Visitor):
    """A browser with its own loopback address, which sends the headers of a browser over TLS."""

    def __init__(self, url: str, source: str = HOME, timeout: float = 60) -> None:
        super().__init__(url, timeout)
        self.url, self.source = url, source
        self.headers = {"Origin": url, "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}

    def connect(self) -> HTTPConnection:
        # The certificate is not verified here, because the portal is tested.
        context = ssl._create_unverified_context()
        source = (self.source, 0)
        return HTTPSConnection(
            self.host, timeout=self.timeout, source_address=source, context=context
        )

    def copy(self, source: str = "") -> "Browser":
        """Return another browser with the same cookies, like an attacker's."""
        other = Browser(self.url, source or self.source)
        other.cookies = dict(self.cookies)
        other.token = self.token
        return other

    def raw(self, method: str, path: str, body: bytes, **headers: str) -> int:
        """Send any bytes; return the status."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = self.connect()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {**self.headers, "Cookie": cookies, **named})
            return connection.getresponse().status
        finally:
            connection.close()

    def form(self, path: str, fields: dict[str, str]) -> bytes:
        """Return a form's body with this browser's token."""
        return urlencode({"csrfmiddlewaretoken": self.token, **fields}).encode()
