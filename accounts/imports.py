"""Imported password hashes: noted when they come, dropped 90 days later.

Until then each login pays for them (accounts.hashes), so that nobody can tell from its time whose
hash another system made.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import shared_task
from django.contrib.auth.hashers import get_hasher, make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import hashes, resets
from accounts.models import NO_HASH, ImportedHash, User
from mfa.audit import NOWHERE
from mfa.counters import TooMany

KEPT = timedelta(days=90)
# People a step: each gets a mail, and other work of the worker comes in between.
BATCH = 200


def note(people: Iterable[User]) -> int:
    """Note the hashes that an import has just stored, in its transaction; return how many.

    The import calls it with the people that it wrote; hashes of this portal are passed over.
    """
    foreign = {one.pk: kind for one in people if (kind := hashes.kind_of(one.password))}
    for algorithm, iterations in set(foreign.values()):
        ImportedHash.objects.get_or_create(algorithm=algorithm, iterations=iterations)
    found = User.objects.filter(pk__in=foreign)
    return found.update(password_imported_at=timezone.now())


def remaining() -> int:
    """Count the imported hashes that are left, by their indexes."""
    return _noted().count() + _unnoted().count()


@shared_task(name="accounts.imports.tidy")
def tidy() -> None:
    """Note hashes that came in unnoted, drop the old ones, and forget kinds that are gone."""
    with transaction.atomic():
        note(_unnoted()[:BATCH])
    for person in _noted().filter(password_imported_at__lt=timezone.now() - KEPT)[:BATCH]:
        _drop(person, timezone.now())
    if not remaining():
        ImportedHash.objects.all().delete()


def _noted() -> QuerySet[User]:
    return User.objects.filter(password_imported_at__isnull=False).order_by("password_imported_at")


def _unnoted() -> QuerySet[User]:
    own = Q(password__startswith=f"{get_hasher().algorithm}$")
    unusable = Q(password__startswith=NO_HASH)
    return User.objects.filter(~own, ~unusable, password_imported_at=None).order_by("pk")


def _drop(person: User, now: datetime) -> None:
    """Take a password away that was not used for long, and mail a link to set a new one.

    People who have logged in or set one since then keep it.
    """
    held = User.objects.filter(pk=person.pk, password=person.password)
    held = held.filter(password_imported_at__lt=now - KEPT)
    if held.update(password=make_password(None), password_imported_at=None):
        person.refresh_from_db()
        try:
            resets.send(person, origin=NOWHERE, by=0)
        except TooMany:
            # The mailbox has had links enough today, and the login page offers another.
            return
