# ruff: noqa: SLF001 - _meta and _base_manager are public by Django's documentation
"""`manage.py reencrypt`: all that is stored under former encryption keys, under the first one."""

from argparse import ArgumentParser
from collections.abc import Iterator

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from mfa import encryption
from mfa.encryption import EncryptedTextField

# What is held in memory at once
BATCH = 500

Place = tuple[type[models.Model], str]


class Command(BaseCommand):
    """Finds the columns by their class, so that none can be forgotten."""

    help = (
        "Encrypt everything under the first of ENCRYPTION_KEYS, while the portal runs; it may be "
        "stopped and repeated. Exit code 1 where something fits no key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer a look without a change."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *_args: str, **options: bool) -> None:
        """Renew column by column."""
        lost = 0
        verb = "would be renewed" if options["dry_run"] else "renewed"
        for place in places():
            renewed, unreadable = _renew(place, dry_run=options["dry_run"])
            lost += unreadable
            model, column = place
            self.stdout.write(
                f"{model._meta.label}.{column}: {renewed} {verb}, {unreadable} fit no key"
            )
        if lost:
            raise CommandError("Put the key of what fits none back into ENCRYPTION_KEYS.")


def places() -> Iterator[Place]:
    """Name every encrypted column of every table."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field.name


def _renew(place: Place, *, dry_run: bool) -> tuple[int, int]:
    """Return how many values were renewed, and how many fit no key."""
    renewed = unreadable = 0
    for pk, token in tokens(place):
        try:
            if encryption.is_current(token):
                continue
        except InvalidToken:
            unreadable += 1
            continue
        renewed += dry_run or _swap(place, pk, token)
    return renewed, unreadable


def _stored(place: Place) -> models.QuerySet[models.Model]:
    """Return the rows with `at_rest`, the column as it stands in the database."""
    model, column = place
    return model._base_manager.annotate(at_rest=Cast(column, models.TextField()))


def tokens(place: Place) -> Iterator[tuple[object, str]]:
    """Walk the table by primary key: a batch at a time, whatever changes meanwhile."""
    rows = _stored(place).exclude(at_rest="").order_by("pk").values_list("pk", "at_rest")
    batch = list(rows[:BATCH])
    while batch:
        yield from ((pk, token) for pk, token in batch if token)
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def _swap(place: Place, pk: object, token: str) -> int:
    """Write the renewed token, unless somebody has saved another value meanwhile."""
    same = _stored(place).filter(pk=pk, at_rest=token)
    # Past the field, which would encrypt once more.
    return same.update(**{place[1]: RawSQL("%s", [encryption.renewed(token)])})
