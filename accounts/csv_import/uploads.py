"""A new import: the file is stored, and its columns are mapped."""

import hashlib
from collections.abc import Mapping
from io import BytesIO

from django.db import transaction
from django.utils import timezone

from accounts.csv_import import columns, reading
from accounts.csv_import.columns import Field
from accounts.csv_import.reading import MOST_BYTES, Unreadable, UnreadableError
from accounts.models import ImportPart, Organization, PeopleImport, User
from accounts.models.imports import LONGEST_FILE_NAME
from mfa.audit import NOWHERE
from mfa.client import Client

PART = 256 * 1024
State = PeopleImport.State


def store(
    actor: User | None,
    organization: Organization | None,
    content: bytes,
    *,
    name: str,
    invites: bool,
    client: Client = NOWHERE,
) -> PeopleImport:
    """Store a file and guess its columns. `actor` is None for a command on the machine.

    The caller has checked that the actor may import there. Raises UnreadableError for a file of
    which not even the header can be read.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableError(Unreadable.TOO_LARGE)
    header = next(reading.records(lambda: BytesIO(content)))
    with transaction.atomic():
        new = PeopleImport.objects.create(
            organization=organization,
            by=actor,
            by_epoch=actor.session_epoch if actor else 0,
            address=client.address or None,
            browser=client.browser,
            invites=invites,
            file_name=_shortened(name),
            digest=hashlib.sha256(content).hexdigest(),
            columns=_stored(columns.guess(header.cells)),
        )
        parts = range(0, len(content), PART)
        ImportPart.objects.bulk_create(
            ImportPart(of=new, number=number, data=content[start : start + PART])
            for number, start in enumerate(parts)
        )
    return new


def map_columns(held: PeopleImport, mapped: Mapping[int, Field]) -> None:
    """Store what the columns hold, and start the check. Raises UnreadableError (csv7)."""
    columns.check(header_of(held), mapped)
    with transaction.atomic():
        rows = PeopleImport.objects.select_for_update(no_key=True)
        row = rows.get(pk=held.pk)
        if row.state != State.UPLOADED:
            return
        row.columns, row.state, row.worked_at = _stored(mapped), State.CHECKING, timezone.now()
        row.save(update_fields=["columns", "state", "worked_at"])
    held.refresh_from_db()


def header_of(held: PeopleImport) -> tuple[str, ...]:
    """Return the names of the columns. Raises UnreadableError."""
    return next(reading.records(lambda: opened(held))).cells


def mapped_in(held: PeopleImport) -> dict[int, Field]:
    """Return what the columns hold."""
    return {int(column): Field(field) for column, field in held.columns.items()}


def opened(held: PeopleImport) -> BytesIO:
    """Return the file at its beginning."""
    parts = held.parts.order_by("number").values_list("data", flat=True)
    return BytesIO(b"".join(bytes(part) for part in parts.iterator()))


def _stored(mapped: Mapping[int, Field]) -> dict[str, str]:
    return {str(column): str(field) for column, field in mapped.items()}


def _shortened(name: str) -> str:
    """Return a file name without path and invisible characters."""
    bare = "".join(
        sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()
    )
    return bare[-LONGEST_FILE_NAME:] or "people.csv"
