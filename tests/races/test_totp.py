"""One code of an app in many hands (TO-02)."""

from dataclasses import replace

import pytest
from django.utils import timezone

from accounts.models import User
from mfa import totp
from mfa.answers import Answer
from mfa.counters import TooMany
from mfa.models import Factor, Wait
from mfa.origin import Origin
from mfa.rules.totp import hotp, step_at
from mfa.totp import NewApp
from tests.races.parallel import many

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Origin("198.51.100.1", "Firefox")
NEW = NewApp(b"12345678901234567890")


def test_of_twenty_right_answers_at_once_one_passes(alice: User) -> None:
    now = timezone.now()
    app = Factor.objects.create(user=alice, kind="app", secret=NEW.stored, confirmed_at=now)
    typed = hotp(NEW.secret, step_at(now.timestamp()))
    given = many(20, lambda: totp.judge(alice, app, typed, origin=HERE).answer)
    assert sorted(given) == [Answer.RIGHT, *[Answer.SPENT] * 19]


def test_of_twelve_wrong_answers_from_a_known_browser_ten_are_judged(alice: User) -> None:
    now = timezone.now()
    app = Factor.objects.create(user=alice, kind="app", secret=NEW.stored, confirmed_at=now)
    known = replace(HERE, known="7")

    def guess() -> str:
        person = User.objects.get(pk=alice.pk)
        try:
            return totp.judge(person, app, "wrong", origin=known).answer
        except TooMany:
            return "too many"

    given = many(12, guess)
    assert (given.count("wrong"), given.count("locked"), given.count("too many")) == (9, 1, 2)
    assert Wait.objects.get().failures == 10
    app.refresh_from_db()
    assert app.wrong_answers == 10
