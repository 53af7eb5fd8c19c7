"""An HTTP proxy with CONNECT that leads Twilio's hosts to the endpoint, and can misbehave."""

import socket
import struct
import threading
from base64 import b64encode
from contextlib import suppress
from enum import StrEnum
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

from tests.twilio_endpoint.certificates import HOSTS
from tests.twilio_endpoint.journal import Journal

LONGEST_LINE = 8192
CHUNK = 65536


class Mood(StrEnum):
    """How the proxy treats requests for a tunnel."""

    WILLING = "willing"
    REFUSING = "refusing"  # 403: the network's policy
    SILENT = "silent"
    HANGING_UP = "hanging up"
    TRICKLING = "trickling"  # its answer comes byte by byte
    DUMB_TUNNEL = "dumb tunnel"  # 200, then nothing: the TLS handshake hangs


class _Handler(StreamRequestHandler):
    server: "Proxy"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(OSError):
            self._tunnel()

    def _tunnel(self) -> None:
        method, target, _version = self.rfile.readline(LONGEST_LINE).decode().split()
        headers = {}
        while line := self.rfile.readline(LONGEST_LINE).decode().strip():
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self.server.note(f"{method} {target}")
        refusal = self.server.refusal(method, target, headers)
        if refusal:
            self.wfile.write(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        self._behave()

    def _behave(self) -> None:
        match self.server.mood:
            case Mood.SILENT:
                self.server.rest(60)
            case Mood.HANGING_UP:
                return
            case Mood.TRICKLING:
                for byte in b"HTTP/1.1 200 Connection established" + b" " * 10_000:
                    self.wfile.write(bytes([byte]))
                    if self.server.rest(0.05):
                        return
            case Mood.DUMB_TUNNEL:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.server.rest(60)
            case _:
                with socket.create_connection(self.server.endpoint) as far:
                    far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    self._relay(far)

    def _relay(self, far: socket.socket) -> None:
        there = threading.Thread(target=_pour, args=(self.connection, far), daemon=True)
        there.start()
        _pour(far, self.connection)
        there.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # A reset is passed on as one.
        for side in (sink, source):
            with suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.shutdown(socket.SHUT_RDWR)


class Proxy(ThreadingTCPServer):
    """Use as a context manager. `requests` has the first line of each."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        endpoint: tuple[str, int],
        *,
        port: int = 0,
        login: str = "",
        journal: Journal | None = None,
    ) -> None:
        """`login` is "user:password" if the proxy requires one."""
        self.endpoint = endpoint
        self.mood = Mood.WILLING
        self.login = login
        self.requests: list[str] = []
        self._journal = journal or Journal()
        self._closing = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self.shutdown()
        self.server_close()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def note(self, line: str) -> None:
        self.requests.append(line)
        self._journal.write("proxy", asked=line)

    def refusal(self, method: str, target: str, headers: dict[str, str]) -> str:
        wanted = f"Basic {b64encode(self.login.encode()).decode()}"
        if self.login and headers.get("proxy-authorization") != wanted:
            return "407 Proxy Authentication Required"
        known = method == "CONNECT" and target in {f"{host}:443" for host in HOSTS}
        return "" if known and self.mood is not Mood.REFUSING else "403 Forbidden"

    def rest(self, seconds: float) -> bool:
        """Wait, and return whether the proxy closes meanwhile."""
        return self._closing.wait(seconds)
