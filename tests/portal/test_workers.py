"""Slow and huge requests are read in the loop, and threads stay free for others."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.bodies import LARGEST
from portal.workers import LARGEST_HEAD, is_whole
from tests.processes.process import Process, free_port, python

HEAD = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
THREADS, SLOW = 2, 20


@pytest.mark.parametrize(
    ("request_", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\nHost: x\n\n", False),
        (HEAD + b"Content-Length: 3\r\n\r\nab", False),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", True),
        (HEAD + b"CONTENT-LENGTH:\t3 \r\n\r\nabcGET", True),
        (HEAD + b"Content-Length: %d\r\n\r\n" % LARGEST, False),
        # These are refused as they stand, without a byte more.
        (HEAD + b"Content-Length: %d\r\n\r\n" % (LARGEST + 1), True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", True),
        (HEAD + b"Content-Length: many\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * LARGEST_HEAD, True),
    ],
)
def test_thread_gets_only_complete_requests(request_: bytes, whole: bool) -> None:  # noqa: FBT001
    assert is_whole(request_) is whole


@pytest.fixture
def port(web: Process) -> int:
    """Where it listens."""
    return int(web.env["PORT"])


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Process]:
    """A portal with few threads."""
    port = free_port()
    env = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "tests only, as long and as dull as it has to be to please the checks",
        "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
        "DEBUG": "on",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    command = ["gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", str(THREADS)]
    with Process(python(*command), env, tmp_path / "log") as process:
        ends = time.monotonic() + 30
        while not answers(port):
            assert time.monotonic() < ends, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield process


def connect(port: int, text: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=15)
    line.sendall(text)
    return line


def ask(port: int, text: bytes) -> bytes:
    with connect(port, text) as line:
        return line.recv(200).partition(b"\r\n")[0]


def answers(port: int) -> bool:
    try:
        return b"200" in ask(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    except OSError:
        return False


def closed(line: socket.socket) -> bool:
    """Wait until the server ends it; bytes that it never read make that a reset."""
    with line:
        try:
            return line.recv(1) == b""
        except ConnectionResetError:
            return True


def test_slow_clients_hold_no_thread_and_are_closed(port: int) -> None:
    """S15: heads and bodies that arrive byte by byte, and silent connections."""
    begun = time.monotonic()
    slow = [connect(port, HEAD) for _ in range(SLOW)]
    slow += [connect(port, HEAD + b"Content-Length: 9\r\n\r\na") for _ in range(SLOW)]
    slow += [connect(port, b"") for _ in range(SLOW)]
    for _ in range(3):
        asked = time.monotonic()
        assert answers(port)
        assert time.monotonic() - asked < 2
        for line in slow[: 2 * SLOW]:
            line.sendall(b"x")
    assert all(map(closed, slow))
    assert time.monotonic() - begun < 20
    assert answers(port)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 600000000\r\nContent-Type: multipart/form-data; boundary=x", b"413"),
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: 4\r\nContent-Type: text/plain; charset=latin-1", b"400"),
        (b"Content-Length: many", b"400"),
        (b"Content-Length: 4\r\nX-Long: " + b"x" * 9000, b"431"),
    ],
)
def test_refused_request_is_answered_before_its_body_comes(port: int, head, status: bytes) -> None:
    asked = time.monotonic()
    assert status in ask(port, HEAD + head + b"\r\n\r\n5\r\nabcd")
    assert time.monotonic() - asked < 3


def test_several_requests_in_one_piece_are_all_answered(port: int) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(port, request * 2 + request[:10]) as line:
        time.sleep(1)
        line.sendall(request[10:])
        said = b""
        while said.count(b"alive\n") < 3:
            piece = line.recv(9000)
            assert piece
            said += piece
    assert said.count(b"200 OK") == 3


def test_reload_loses_no_request_and_waits_for_no_slow_client(web: Process, port: int) -> None:
    """The old worker counts its connections correctly, or it would exit while some are open."""
    slow = [connect(port, HEAD) for _ in range(SLOW)]
    assert answers(port)
    web.send_signal(signal.SIGHUP)
    lost, begun = 0, time.monotonic()
    while time.monotonic() < begun + 6:
        lost += sum(not answers(port) for _ in range(100))
    assert lost == 0
    assert all(map(closed, slow))
    asked = time.monotonic()
    web.stop()
    assert time.monotonic() - asked < 10
