"""Imported password hashes: noted at import, removed 90 days later.

Until then each login pays for them (accounts.people.hashes), so its duration does not show which
hashes were imported.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import shared_task
from django.contrib.auth.hashers import get_hasher, make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import ImportedHash, User
from accounts.models.users import NO_HASH
from accounts.people import hashes, resets
from mfa.audit import NOWHERE
from mfa.limits.counters import TooMany

KEPT = timedelta(days=90)
# Algorithms of foreign hashes, Argon2 with other costs among them. Every login runs each of them.
MOST_ALGORITHMS = 3
# People per step. Each gets an email, and the worker does other tasks in between.
BATCH = 200


def note(people: Iterable[User]) -> int:
    """Note the hashes that an import has just stored, in its transaction. Return how many.

    The import calls it with the people that it wrote. Our own hashes are skipped.
    """
    foreign = {one.pk: kind for one in people if (kind := hashes.kind_of(one.password))}
    for algorithm, iterations in set(foreign.values()):
        ImportedHash.objects.get_or_create(algorithm=algorithm, iterations=iterations)
    found = User.objects.filter(pk__in=foreign)
    return found.update(password_imported_at=timezone.now())


def payable(algorithms: Counter[str]) -> set[str]:
    """Return the algorithms that an import may bring: those here, then the most common ones."""
    here = set(ImportedHash.objects.values_list("algorithm", flat=True))
    new = [each for each, _count in algorithms.most_common() if each not in here]
    return {*here, *new[: max(0, MOST_ALGORITHMS - len(here))]}


def remaining() -> int:
    """Return the number of imported hashes, using indexes."""
    return _noted().count() + _unnoted().count()


@shared_task(name="accounts.imports.tidy")
def tidy() -> None:
    """Note unnoted hashes, remove old ones, and forget kinds without hashes."""
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
    """Remove a password that was not used for long, and email a link to set a new one.

    People who logged in or set a password since then keep it.
    """
    held = User.objects.filter(pk=person.pk, password=person.password)
    held = held.filter(password_imported_at__lt=now - KEPT)
    if held.update(password=make_password(None), password_imported_at=None):
        person.refresh_from_db()
        try:
            resets.send(person, client=NOWHERE, by=0)
        except TooMany:
            # The address got enough links today, and the login page offers another.
            return
