"""A program that runs beside the tests, with its child processes."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent.parent
# The time for a clean shutdown. Idle connections cost gunicorn 5 s of it.
ENDS_WITHIN = 20
SERVER_PORTS = (10_000, 32_000)


class Process:
    """Starts, stops and restarts. As a context manager it leaves nothing behind."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        """Store what to start. Its output is appended to `log`."""
        self.command, self.env, self.log = command, env, log
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        assert self._running, "it does not run"
        return self._running.pid

    def start(self) -> None:
        with self.log.open("a") as out:
            # A new session, so a signal reaches only this program and its children.
            self._running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=out, stderr=out, start_new_session=True
            )

    def stop(self) -> None:
        """Stop it as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9` it and its children. Does nothing if it is not running."""
        self._end(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, such as SIGSTOP and SIGCONT."""
        os.kill(self.pid, number)

    def children(self) -> list[int]:
        """Return the ids of its children."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in task.read_text().split()]

    def kill_children(self) -> None:
        """`kill -9` its children, such as gunicorn's workers."""
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if not self._running:
            return
        try:
            if how is signal.SIGTERM:
                self._running.terminate()
                self._running.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _signal_group(self._running.pid)
            self._running.wait()
            self._running = None


def python(*words: str) -> list[str]:
    """Return the command that runs a module with the tests' own Python."""
    return [sys.executable, "-m", *words]


def run(command: Sequence[str], env: Mapping[str, str], *, said: str | None = None) -> str:
    """Run a command and return its output. `said` is its standard input."""
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=said, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def free_port() -> int:
    """Return a port for a server that starts later.

    The system gives ports above 32767 to outgoing connections (Linux, `ip_local_port_range`),
    so one of those can be taken before the server binds it.
    """
    while True:
        port = random.randrange(*SERVER_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _signal_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
