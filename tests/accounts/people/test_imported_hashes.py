"""Imported password hashes: login times do not reveal them, and they are removed after 90 days
(S11).
"""

from datetime import timedelta

import argon2
import pytest
import time_machine
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    PBKDF2PasswordHasher,
    make_password,
)
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from accounts.models import ImportedHash, User
from accounts.people import imported_hashes
from mfa.models import OutboxMessage
from tests.accounts.people.hashers import CountingHasher
from tests.conftest import NOON, make_user
from tests.portal_client import PASSWORD, Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]


class SlowHasher(PBKDF2PasswordHasher):
    """A hasher of another system. `spent` lists the iterations."""

    algorithm = "slow"
    iterations = 300
    spent = 0

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        type(self).spent += iterations or self.iterations
        return super().encode(password, salt, iterations)


@pytest.fixture(autouse=True)
def _hashers(settings) -> None:
    settings.PASSWORD_HASHERS = [
        "tests.accounts.people.hashers.CountingHasher",
        "tests.accounts.people.test_imported_hashes.SlowHasher",
    ]


def imported(email: str, iterations: int = 300) -> User:
    """A person as stored by an import, not noted yet."""
    user = make_user(email)
    encoded = SlowHasher().encode(PASSWORD, "salt", iterations)
    User.objects.filter(pk=user.pk).update(password=encoded)
    user.refresh_from_db()
    return user


def cost(email: str, password: str = "not the password") -> tuple[int, int]:
    """The cost of an attempt: our own hash, and iterations of the imported one."""
    own, slow = CountingHasher.runs, SlowHasher.spent
    Browser().post("/login/", {"email": email, "password": password})
    return CountingHasher.runs - own, SlowHasher.spent - slow


def test_every_login_costs_the_slowest_imported_hash() -> None:
    own, slow, quick = make_user("own@example.org"), imported("a@x.org"), imported("b@x.org", 200)
    make_user("gone@example.org", is_active=False)
    User.objects.create(email="invited@example.org", password=make_password(None))
    assert imported_hashes.note([own, slow, quick]) == 2
    emails = [own.email, slow.email, quick.email, "nobody@example.org", "gone@example.org"]
    assert {email: cost(email) for email in [*emails, "invited@example.org"]} == dict.fromkeys(
        [*emails, "invited@example.org"], (1, 300)
    )


def test_right_passwords_cost_as_much_as_wrong_ones() -> None:
    own, slow, quick = make_user("own@example.org"), imported("a@x.org"), imported("b@x.org", 200)
    imported_hashes.note([own, slow, quick])
    for user in (own, quick, slow):
        assert cost(user.email, PASSWORD) == (1, 300)


def test_without_imported_hashes_an_attempt_costs_one_hash() -> None:
    own = make_user("own@example.org")
    assert [cost(email) for email in (own.email, "nobody@example.org")] == [(1, 0), (1, 0)]


def test_noted_hash_that_nothing_here_runs_stops_no_login() -> None:
    """From another portal, with import_all, or after a hasher was removed."""
    own = make_user("own@example.org")
    for algorithm in ("nonsense", "argon2 0,0,0", "argon2 9999999,9,1"):
        ImportedHash.objects.create(algorithm=algorithm, iterations=0)
    assert [cost(email) for email in (own.email, "nobody@example.org")] == [(1, 0), (1, 0)]


def test_login_replaces_imported_hash() -> None:
    user = imported("a@x.org")
    imported_hashes.note([user])
    assert imported_hashes.remaining() == 1
    Browser().password(user)
    user.refresh_from_db()
    assert user.password.startswith("counting$")
    assert user.password_imported_at is None
    imported_hashes.tidy()
    assert imported_hashes.remaining() == 0
    assert not ImportedHash.objects.exists()


def test_unnoted_imported_hashes_are_found() -> None:
    """For instance by a fixture or the ORM."""
    user = imported("a@x.org")
    assert imported_hashes.remaining() == 1
    imported_hashes.tidy()
    user.refresh_from_db()
    assert user.password_imported_at == NOON
    assert ImportedHash.objects.get().iterations == 300
    assert cost("nobody@example.org") == (1, 300)


def test_imported_hash_is_removed_after_ninety_days_and_link_emailed(
    clock: time_machine.Traveller,
) -> None:
    user, own = imported("a@x.org"), make_user("own@example.org")
    imported_hashes.note([user])
    clock.move_to(NOON + timedelta(days=90))
    imported_hashes.tidy()
    user.refresh_from_db()
    assert user.has_usable_password()
    clock.shift(1)
    with TestCase.captureOnCommitCallbacks(execute=True):
        imported_hashes.tidy()
        imported_hashes.tidy()
    user.refresh_from_db()
    assert not user.has_usable_password()
    mail = OutboxMessage.objects.get(channel="email")
    assert (mail.target, "/password/reset/" in mail.body) == (user.email, True)
    own.refresh_from_db()
    assert own.has_usable_password()
    assert cost("nobody@example.org") == (1, 0)


def test_person_who_logged_in_keeps_password(clock: time_machine.Traveller) -> None:
    user = imported("a@x.org")
    imported_hashes.note([user])
    read_before = User.objects.get(pk=user.pk)
    Browser().password(user)
    clock.move_to(NOON + timedelta(days=91))
    imported_hashes._drop(read_before, NOON + timedelta(days=91))
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_login_does_not_scan_people_table() -> None:
    user = imported("a@x.org")
    imported_hashes.note([user])
    with CaptureQueriesContext(connection) as statements:
        Browser().post("/login/", {"email": "nobody@example.org", "password": "wrong"})
    people = [query["sql"] for query in statements if "accounts_user" in query["sql"]]
    assert len(people) == 1
    assert '"accounts_user"."email" = ' in people[0]


class Argon2(Argon2PasswordHasher):
    """Our own hasher, cheap."""

    time_cost, memory_cost, parallelism = 1, 8, 1


def test_argon2_of_other_systems_costs_everyone_the_same(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LG-03: its costs stand in the hash and differ from ours, although the algorithm is ours."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.test_imported_hashes.Argon2"]
    own, other = make_user("own@example.org"), make_user("other@example.org")
    theirs = Argon2PasswordHasher()
    theirs.memory_cost, theirs.time_cost, theirs.parallelism = 64, 3, 2
    User.objects.filter(pk=other.pk).update(password=theirs.encode(PASSWORD, "salt" * 4))
    other.refresh_from_db()
    assert imported_hashes.note([own, other]) == 1
    spent: list[tuple[int, int, int]] = []
    _count_argon2(monkeypatch, spent)
    costs = {}
    for email in (own.email, other.email, "nobody@example.org"):
        spent.clear()
        Browser().post("/login/", {"email": email, "password": "not the password"})
        costs[email] = sorted(spent)
    assert list(costs.values()) == [[(8, 1, 1), (64, 3, 2)]] * 3
    Browser().password(other)
    other.refresh_from_db()
    assert "m=8,t=1,p=1" in other.password
    assert other.password_imported_at is None


def _count_argon2(monkeypatch: pytest.MonkeyPatch, spent: list[tuple[int, int, int]]) -> None:
    """Note the memory, passes and lanes of each hash."""
    make, verify = argon2.low_level.hash_secret, argon2.PasswordHasher.verify

    def counted(*args: object, **costs: object) -> bytes:
        spent.append((costs["memory_cost"], costs["time_cost"], costs["parallelism"]))
        return make(*args, **costs)

    def verified(self: object, encoded: str, password: str) -> bool:
        found = argon2.extract_parameters(encoded)
        spent.append((found.memory_cost, found.time_cost, found.parallelism))
        return verify(self, encoded, password)

    monkeypatch.setattr(argon2.low_level, "hash_secret", counted)
    monkeypatch.setattr(argon2.PasswordHasher, "verify", verified)
