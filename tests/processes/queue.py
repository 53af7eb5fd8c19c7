"""A separate Redis server, which can be killed and then loses its data."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.processes.process import Process, free_port
from tests.processes.services import MissingError
from tests.processes.visitor import soon


class Queue(Process):
    """A server that keeps nothing on disk."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        never = ["--save", "", "--appendonly", "no"]
        super().__init__([program, *words, *never], {}, folder / "redis.log")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        super().start()
        soon(self.answers)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def program() -> str:
    """Return the path of redis-server."""
    found = shutil.which("redis-server")
    if not found:
        raise MissingError("redis-server is not on this machine.")
    return found


@contextmanager
def queue(program: str, folder: Path) -> Iterator[Queue]:
    with Queue(program, folder) as started:
        yield started
