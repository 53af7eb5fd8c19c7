"""Backups with PostgreSQL's own tools."""

import os
import subprocess
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from mfa.models import (
    Challenge,
    Delivery,
    Factor,
    OneTimePass,
    Pause,
    RecoveryRequest,
    Session,
    Status,
)
from mfa.models.people import with_powers

SUFFIX = ".dump"
# Epochs may have increased since the dump, so jump far enough to get unused ones.
LEAP = 10_000


class BackupError(Exception):
    """The error message of the tool."""


def dump(folder: Path) -> Path:
    """Write a dump, named by the time and readable only by its owner. Return its path.

    An incomplete dump has another name. Raises BackupError.
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
    """Remove all dumps except the newest ones. Return how many were removed."""
    old = sorted(folder.glob(f"portal-*{SUFFIX}"))[:-keep]
    for path in old:
        path.unlink()
    return len(old)


def is_empty() -> bool:
    """Whether the database has no tables yet."""
    return not connection.introspection.table_names()


def load(path: Path) -> None:
    """Fill the empty database from a dump in one transaction. Raises BackupError."""
    connection.close()
    _run(
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
        # Only the owner of pg_trgm may comment on it, which is a superuser where one created it.
        "--no-comments",
        f"--dbname={_environment()['PGDATABASE']}",
        str(path),
    )


def settle() -> None:
    """End everything that was open when the dump was made, because it may have ended since.

    Otherwise a code or link that was used after the dump would work again, ended sessions and
    pauses would be open, and sent messages would be sent again.
    """
    now = timezone.now()
    with transaction.atomic():
        Session.objects.all().delete()
        # Links in emails and the cookies of recognized devices depend on the epochs.
        User.objects.update(
            session_epoch=F("session_epoch") + LEAP, device_epoch=F("device_epoch") + LEAP
        )
        _settle_recovery_codes(now)
        Pause.objects.running(now).update(until=now, ended_at=now)
        Challenge.objects.open(now).update(voided_at=now)
        # The owner may have stopped a request since, and a pass may have been used.
        lost = RecoveryRequest.Outcome.OVER
        RecoveryRequest.objects.filter(ended_at=None).update(ended_at=now, outcome=lost)
        User.objects.exclude(recovery_ready_at=None).update(recovery_ready_at=None)
        OneTimePass.objects.filter(used_at=None, ended_at=None).update(ended_at=now)
        unsent = Q(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING])
        Delivery.objects.filter(unsent).update(state=Delivery.State.DROPPED, finished_at=now)


def _settle_recovery_codes(now: datetime) -> None:
    """Revoke the recovery codes of staff, and ask everyone else to make new ones (S21).

    A code used after the dump works once more. Staff have another factor and make new codes at the
    next login. Others may have nothing else, so they keep them and are notified at each use.
    """
    codes = Factor.objects.not_revoked().filter(kind=Factor.Kind.RECOVERY_CODES)
    staff = codes.filter(user__in=User.objects.filter(with_powers()))
    staff.become(Status.REVOKED)
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
    """Pass the database by environment, because others can read command lines."""
    stored = connection.settings_dict
    named = {
        "PGHOST": stored["HOST"],
        "PGPORT": str(stored["PORT"]),
        "PGUSER": stored["USER"],
        "PGPASSWORD": stored["PASSWORD"],
        "PGDATABASE": stored["NAME"],
    }
    return {**os.environ, **{name: value for name, value in named.items() if value}}
