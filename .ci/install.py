"""`.venv/bin/python .ci/install.py LOCK`: install a lock file into .venv, and say what happens.

A lock file that was installed before is not read again by pip, so the next time needs no network.
"""

import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

# What was installed, as hashes of lock files
STAMP = Path(sys.prefix) / "installed"
# A package of the lock file, and pip's lines when it fetches one
LOCKED = re.compile(r"^[a-z0-9][^ =]*(?:\[.*\])?==", re.MULTILINE)
FETCHED = re.compile(
    r"Collecting ([^\s=\[]+)(?:\[.*\])?==([^\s;]+)|Processing .*?([^/\s]+)-(\d[^-]*)-"
)
PIP = ("-m", "pip", "install", "--require-hashes", "--progress-bar", "off", "--no-input")
LAST_WORDS = 15
FAILED = """\
The packages could not be installed: pip's last words stand above.
pip needs the network, or an index that it reaches, only this once.\
"""


def main(lock: Path) -> int:
    """Install what is missing, and return pip's exit code."""
    if _hash(lock) in _installed():
        return 0
    total = len(LOCKED.findall(lock.read_text()))
    print(
        f"Installing the {total} packages of {lock} into .venv; the first time takes a while.",
        flush=True,
    )
    said: deque[str] = deque(maxlen=LAST_WORDS)
    command = [sys.executable, *PIP, "--requirement", str(lock)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            for words in progress(line):
                print(f"  {words}", flush=True)
    if pip.returncode:
        print(f"{''.join(said)}\n{FAILED}", file=sys.stderr)
        return pip.returncode
    # The lock of development holds the other one's packages, too.
    STAMP.write_text(f"{_hash(lock)} {_hash(lock.with_name('base.txt'))}\n")
    print("All packages are installed.")
    return 0


def progress(line: str) -> Iterator[str]:
    """Return what to show of a line that pip printed."""
    if fetched := FETCHED.match(line):
        yield " ".join(filter(None, fetched.groups()))
    if line.startswith("Installing collected packages"):
        yield "unpacking them"


def _installed() -> list[str]:
    return STAMP.read_text().split() if STAMP.exists() else []


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
