"""Events as JSON lines."""

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock


class Journal:
    """Writes to a file, or nowhere."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()

    def write(self, kind: str, **fields: object) -> None:
        if not self._path:
            return
        line = json.dumps({"at": datetime.now(tz=UTC).isoformat(), "kind": kind, **fields})
        with self._lock, self._path.open("a") as file:
            file.write(line + "\n")
