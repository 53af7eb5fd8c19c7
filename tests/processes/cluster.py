"""A separate PostgreSQL server, which can be restarted and killed."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes.process import free_port
from tests.processes.services import MissingError

# PostgreSQL refuses to run as root.
OWNER = "postgres" if os.geteuid() == 0 else None


class Cluster:
    """A server on a port of the loopback address, its data in a folder."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.data = binaries, folder / "data"
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        words = ["--auth", "trust", "--username", "postgres", "--encoding", "UTF8"]
        self._run("initdb", *words, "--locale", "C.UTF-8", "--no-sync", "--pgdata")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        log = str(self.data.parent / "log")
        self._run("pg_ctl", "start", "--wait", "--log", log, "--options", options, "--pgdata")

    def stop(self, mode: str) -> None:
        """Stop it: `fast` rolls back open transactions, `immediate` is a crash."""
        self._run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata")

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.binaries / program), *words, str(self.data)]
        subprocess.run(
            command, user=OWNER, cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60
        )


def binaries() -> Path:
    """Return the folder of the newest PostgreSQL server on this machine."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    if not folders:
        raise MissingError("PostgreSQL's initdb and pg_ctl are not on this machine.")
    return max(folders, key=_version)


def _version(folder: Path) -> int:
    return max(map(int, re.findall(r"\d+", str(folder))), default=0)


@contextmanager
def cluster(found: Path) -> Iterator[Cluster]:
    """Create and start an empty server, and remove it at the end."""
    # Not pytest's folder, which only the tests' own user can enter.
    with tempfile.TemporaryDirectory(prefix="portal-postgresql-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if OWNER:
            shutil.chown(folder, OWNER)
        made = Cluster(found, folder)
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
