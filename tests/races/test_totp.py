"""One code of an app used in parallel (TO-02)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors import totp
from mfa.factors.totp import NewApp
from mfa.limits.counters import TooMany
from mfa.models import Factor, Lockout
from mfa.rules.totp import hotp, step_at
from tests.authenticator import give_app, shows
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Client("198.51.100.1", "Firefox")
NEW = NewApp(b"12345678901234567890")


def test_one_of_twenty_parallel_right_answers_passes(alice: User) -> None:
    now = timezone.now()
    app = Factor.objects.create(user=alice, kind="app", secret=NEW.stored, confirmed_at=now)
    typed = hotp(NEW.secret, step_at(now.timestamp()))
    given = many(20, lambda: totp.judge(alice, app, typed, client=HERE).outcome)
    assert sorted(given) == [Outcome.RIGHT, *[Outcome.SPENT] * 19]


def test_ten_of_twelve_wrong_answers_from_recognized_device_are_verified(alice: User) -> None:
    now = timezone.now()
    app = Factor.objects.create(user=alice, kind="app", secret=NEW.stored, confirmed_at=now)
    known = replace(HERE, known="7")

    def guess() -> str:
        person = User.objects.get(pk=alice.pk)
        try:
            return totp.judge(person, app, "wrong", client=known).outcome
        except TooMany:
            return "too many"

    given = many(12, guess)
    assert (given.count("wrong"), given.count("locked"), given.count("too many")) == (9, 1, 2)
    assert Lockout.objects.get().failures == 10
    app.refresh_from_db()
    assert app.wrong_answers == 10


def test_one_of_five_parallel_setups_replaces_an_app(alice: User) -> None:
    """E12: the others read an account that has changed, so no second app is added."""
    former = give_app(alice)
    new = [NewApp(bytes([number]) * 20) for number in range(1, 6)]
    people = [User.objects.get(pk=alice.pk) for _ in new]

    def replacing(user: User, app: NewApp) -> Callable[[], Result]:
        add = partial(totp.add, user, app, shows(app.secret), name="New", client=HERE)
        return partial(add, former=former)

    given = at_once([replacing(user, app) for user, app in zip(people, new, strict=True)])
    outcomes = [one.outcome for one in given if isinstance(one, Result)]
    assert sorted(outcomes) == sorted([Outcome.RIGHT, *[Outcome.EXPIRED] * 4])
    assert [app.name for app in alice.factors.usable().filter(kind="app")] == ["New"]
