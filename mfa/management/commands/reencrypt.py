# ruff: noqa: SLF001 - _meta and _base_manager are public by Django's documentation
"""`manage.py reencrypt`: encrypts everything again under the first of ENCRYPTION_KEYS."""

from argparse import ArgumentParser
from collections.abc import Iterator

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from mfa import crypto
from mfa.crypto import EncryptedTextField

# Values held in memory at once
BATCH = 500

Place = tuple[type[models.Model], str]


class Command(BaseCommand):
    """Finds the encrypted columns by their class, so none can be forgotten."""

    help = (
        "Encrypt all stored secrets with the first of ENCRYPTION_KEYS. The portal can keep "
        "running, and you can stop and repeat this. Exit code 0, or 1 if a secret cannot be "
        "decrypted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")

    def handle(self, *_args: str, **options: bool) -> None:
        """Encrypt column by column."""
        lost = 0
        verb = "would be renewed" if options["dry_run"] else "renewed"
        for place in places():
            renewed, unreadable = _renew(place, dry_run=options["dry_run"])
            lost += unreadable
            model, column = place
            self.stdout.write(
                f"{model._meta.label}.{column}: {renewed} {verb}, {unreadable} cannot be decrypted"
            )
        if lost:
            raise CommandError(
                "Put the missing key back into ENCRYPTION_KEYS. Then run this again."
            )


def places() -> Iterator[Place]:
    """Yield every encrypted column of every table."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field.name


def _renew(place: Place, *, dry_run: bool) -> tuple[int, int]:
    """Return how many values were encrypted again, and how many fit no key."""
    renewed = unreadable = 0
    for pk, token in tokens(place):
        try:
            if crypto.is_current(token):
                continue
        except InvalidToken:
            unreadable += 1
            continue
        renewed += dry_run or _swap(place, pk, token)
    return renewed, unreadable


def _stored(place: Place) -> models.QuerySet[models.Model]:
    """Return the rows with `at_rest`, the column's encrypted value."""
    model, column = place
    return model._base_manager.annotate(at_rest=Cast(column, models.TextField()))


def tokens(place: Place) -> Iterator[tuple[object, str]]:
    """Yield the values in batches by primary key, which is safe during changes."""
    rows = _stored(place).exclude(at_rest="").order_by("pk").values_list("pk", "at_rest")
    batch = list(rows[:BATCH])
    while batch:
        yield from ((pk, token) for pk, token in batch if token)
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def _swap(place: Place, pk: object, token: str) -> int:
    """Write the new token, unless the value changed meanwhile."""
    same = _stored(place).filter(pk=pk, at_rest=token)
    # Bypass the field, which would encrypt it twice.
    return same.update(**{place[1]: RawSQL("%s", [crypto.renewed(token)])})
