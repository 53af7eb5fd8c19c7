"""Export everything that belongs to the customer as JSON lines in one folder, and import it.

One file for each table, in the format of Django's `loaddata`. With secrets, the files are as
sensitive as all passwords and second steps together. docs/moving-in.md describes them.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

# Increase it when the format changes.
VERSION = 1
ABOUT = "about.json"
# Rows in memory at a time
AT_ONCE = 500
# Ordered so that each row comes after the rows that it refers to
TABLES = (
    "auth.group",
    "mfa.smsaccount",
    "mfa.channelhealth",
    "mfa.sitepolicy",
    "accounts.organizationpolicy",
    "accounts.organization",
    "accounts.formerslug",
    "accounts.introduction",
    "accounts.importedhash",
    "accounts.tile",
    "accounts.user",
    "accounts.membership",
    "accounts.invitation",
    "mfa.factor",
    "mfa.recoverycode",
    "mfa.passkeyhandle",
    "mfa.passkey",
    "mfa.pushdevice",
    "mfa.pause",
    "mfa.recoveryrequest",
    "mfa.sendblock",
    "mfa.delivery",
    "mfa.auditevent",
)
# Groups and people name permissions, whose ids differ from one database to the next.
BY_NAME = {"auth.group", "accounts.user"}
# What a file without secrets has instead
SECRETS: Mapping[str, Mapping[str, object]] = {
    "accounts.user": {"password": "!"},
    "mfa.factor": {"secret": ""},
    "mfa.smsaccount": {"auth_token": "", "candidate_auth_token": "", "previous_token": ""},
}
# Tables with nothing but secrets
ONLY_SECRETS = {"mfa.recoverycode", "mfa.pushdevice"}
# A message's challenge is a secret of its time, and expires within minutes.
NEVER: Mapping[str, Mapping[str, object]] = {"mfa.delivery": {"challenge": None}}


class ArchiveError(Exception):
    """Why a folder cannot be written or read, in words for the operator."""


class ExactEncoder(DjangoJSONEncoder):
    """Keeps the microseconds of times, because rules compare them. Django's keeps milliseconds."""

    def default(self, o: Any) -> Any:
        """Return a value that JSON has."""
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


@dataclass(frozen=True, slots=True)
class Written:
    """What is in a folder: the rows of each table."""

    rows: dict[str, int]


def write(folder: Path, *, secrets: bool) -> Written:
    """Write all tables into an empty folder that only its owner reads. Raises ArchiveError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ArchiveError(f"{folder} is not empty.")
    about: dict[str, Any] = {"version": VERSION, "secrets": secrets, "files": {}}
    # One snapshot of all tables, where the database has them.
    with transaction.atomic():
        for table in _tables(secrets=secrets):
            about["files"][table] = _write_table(_path(folder, table), table, secrets=secrets)
    _open(folder / ABOUT).write_text(json.dumps(about, indent=1))
    return Written({table: each["rows"] for table, each in about["files"].items()})


def read(folder: Path) -> Written:
    """Fill the empty portal from a folder, in one transaction. Raises ArchiveError."""
    about = _about(folder)
    # loaddata refuses empty files.
    paths = [_path(folder, table) for table, each in about["files"].items() if each["rows"]]
    with transaction.atomic():
        _demand_empty()
        for table in reversed(TABLES):
            _rows_of(table).delete()
        call_command("loaddata", *map(str, paths), verbosity=0)
    return Written({table: each["rows"] for table, each in about["files"].items()})


def _tables(*, secrets: bool) -> tuple[str, ...]:
    return tuple(table for table in TABLES if secrets or table not in ONLY_SECRETS)


def _write_table(path: Path, table: str, *, secrets: bool) -> dict[str, Any]:
    hidden = {**NEVER.get(table, {}), **({} if secrets else SECRETS.get(table, {}))}
    digest, count = hashlib.sha256(), 0
    with _open(path).open("w", encoding="utf-8") as file:
        for row in _rows(table):
            row["fields"].update(hidden)
            line = json.dumps(row, cls=ExactEncoder, ensure_ascii=False) + "\n"
            digest.update(line.encode())
            file.write(line)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _rows(table: str) -> Iterator[dict[str, Any]]:
    last: Any = None
    while some := _page(table, last):
        yield from serializers.serialize("python", some, use_natural_foreign_keys=table in BY_NAME)
        last = some[-1].pk


def _page(table: str, last: object) -> list[models.Model]:
    """Return the next rows by primary key, so that memory stays flat."""
    rows = _rows_of(table).order_by("pk")
    return list(rows.filter(pk__gt=last)[:AT_ONCE] if last is not None else rows[:AT_ONCE])


def _rows_of(table: str) -> models.QuerySet[models.Model]:
    manager: models.Manager[models.Model] = apps.get_model(table)._default_manager  # noqa: SLF001
    return manager.all()


def _about(folder: Path) -> dict[str, Any]:
    """Return what the folder says about itself. Raises ArchiveError for a changed file."""
    about = _parsed(folder)
    if about.get("version") != VERSION:
        raise ArchiveError("This folder was written by another version.")
    if unknown := set(about["files"]) - set(TABLES):
        raise ArchiveError(f"Unknown tables: {', '.join(sorted(unknown))}.")
    for table, each in about["files"].items():
        path = _path(folder, table)
        if not path.is_file():
            raise ArchiveError(f"{path.name} is missing.")
        if _digest(path, table) != each["sha256"]:
            raise ArchiveError(f"{path.name} was changed.")
    return about


def _parsed(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / ABOUT).read_text())
    except (OSError, ValueError, RecursionError):
        about = None
    files = about.get("files", {}) if isinstance(about, dict) else None
    named = {"rows", "sha256"}
    if not isinstance(files, dict) or not all(
        isinstance(each, dict) and each.keys() >= named for each in files.values()
    ):
        raise ArchiveError(f"{folder} has no {ABOUT} that can be read.")
    return {"files": files, **about}


def _digest(path: Path, table: str) -> str:
    """Return the digest of a file. Raises ArchiveError for a row of another table in it.

    Otherwise a file of tiles could bring an administrator that no count mentions.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for line in file:
            digest.update(line)
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict) or row.get("model") != table:
                raise ArchiveError(f"{path.name} has a line that is no row of {table}.")
    return digest.hexdigest()


def _demand_empty() -> None:
    for table in ("accounts.user", "accounts.organization"):
        if _rows_of(table).exists():
            raise ArchiveError("This portal has people or organizations. Use an empty one.")


def _path(folder: Path, table: str) -> Path:
    return folder / f"{table}.jsonl"


def _open(path: Path) -> Path:
    """Create a file that only its owner reads."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path
