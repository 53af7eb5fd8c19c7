"""Backups: PostgreSQL's own tools on the database of the settings."""

import os
import subprocess
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from mfa.models import Challenge, Delivery, Factor, Pause, Session
from mfa.models.people import with_powers

SUFFIX = ".dump"
# Epochs may have risen since the dump was made: the next ones must be new ones.
LEAP = 10_000


class BackupError(Exception):
    """What the tool said, in its own words."""


def dump(folder: Path) -> Path:
    """Write one dump, named for the moment and readable by its owner alone; return its path.

    A dump that is cut off has another name. Raises BackupError.
    """
    target = folder / f"portal-{timezone.now():%Y%m%dT%H%M%SZ}{SUFFIX}"
    part = target.with_suffix(".part")
    part.touch(mode=0o600)
    try:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
    except BackupError:
        part.unlink()
        raise
    return part.rename(target)


def thin(folder: Path, keep: int) -> int:
    """Remove all dumps but the newest ones; return how many."""
    old = sorted(folder.glob(f"portal-*{SUFFIX}"))[:-keep]
    for path in old:
        path.unlink()
    return len(old)


def is_empty() -> bool:
    """Whether the database has no tables yet."""
    return not connection.introspection.table_names()


def load(path: Path) -> None:
    """Fill the empty database from a dump, all or nothing. Raises BackupError."""
    connection.close()
    _run(
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
        f"--dbname={_environment()['PGDATABASE']}",
        str(path),
    )


def settle() -> None:
    """End what was going on when the dump was made: it ended since, in ways that it cannot know.

    A code or a link that was used after the dump would open the door again, a session or a pause
    that was ended would be open, and messages that were sent would be sent once more.
    """
    now = timezone.now()
    with transaction.atomic():
        Session.objects.all().delete()
        # Links in mails and the cookies of recognized devices are tied to them.
        User.objects.update(
            session_epoch=F("session_epoch") + LEAP, device_epoch=F("device_epoch") + LEAP
        )
        _settle_recovery_codes(now)
        Pause.objects.running(now).update(until=now, ended_at=now)
        Challenge.objects.open(now).update(voided_at=now)
        unsent = Q(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING])
        Delivery.objects.filter(unsent).update(state=Delivery.State.DROPPED, finished_at=now)


def _settle_recovery_codes(now: datetime) -> None:
    """End those of staff, and ask everybody else to make new ones (S21).

    A code that was used after the dump works once more. Staff have their other factor, and make new
    codes at the next login; others may have nothing else, and are told at each use.
    """
    codes = Factor.objects.filter(kind=Factor.Kind.RECOVERY_CODES, revoked_at=None)
    staff = codes.filter(user__in=User.objects.filter(with_powers()))
    staff.update(revoked_at=now)
    codes.update(restored_at=now)


def _run(tool: str, *options: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed tool, the operator's own options
            [tool, *options], env=_environment(), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise BackupError(f"{tool} is not installed: it comes with PostgreSQL's client.") from None
    if done.returncode:
        raise BackupError(f"{tool}: {done.stderr.strip()}")


def _environment() -> dict[str, str]:
    """Say which database by environment: a command line is readable by everybody."""
    stored = connection.settings_dict
    named = {
        "PGHOST": stored["HOST"],
        "PGPORT": str(stored["PORT"]),
        "PGUSER": stored["USER"],
        "PGPASSWORD": stored["PASSWORD"],
        "PGDATABASE": stored["NAME"],
    }
    return {**os.environ, **{name: value for name, value in named.items() if value}}
