"""PendingLogin: what a session keeps between password and login, and how long it counts."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from mfa.pending import PendingLogin
from mfa.sessions import SessionStore
from tests.conftest import NOON
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def session() -> SessionBase:
    return SessionStore()


@pytest.fixture
def pending(alice: User) -> PendingLogin:
    """Alice's password was right just now."""
    return PendingLogin(
        user=alice.pk,
        session_hash=alice.get_session_auth_hash(),
        start=NOON.timestamp(),
        next="/",
        nonce="nonce",
    )


def test_a_fresh_session_keeps_none(session: SessionBase) -> None:
    assert PendingLogin.load(session) is None


def test_a_session_keeps_all_of_it(session: SessionBase, pending: PendingLogin) -> None:
    pending.chosen = "email"
    pending.save(session)
    session.save()
    assert PendingLogin.load(SessionStore(session.session_key)) == pending


def test_a_session_forgets_it(session: SessionBase, pending: PendingLogin) -> None:
    pending.save(session)
    PendingLogin.drop(session)
    assert PendingLogin.load(session) is None


def test_forgetting_none_is_fine(session: SessionBase) -> None:
    PendingLogin.drop(session)
    assert session.is_empty()


@pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=14, seconds=59)])
def test_it_lives_a_quarter_of_an_hour(pending: PendingLogin, alice: User, age: timedelta) -> None:
    assert pending.alive(alice, NOON + age)


@pytest.mark.parametrize("age", [timedelta(minutes=15), timedelta(days=1)])
def test_it_lives_no_longer(pending: PendingLogin, alice: User, age: timedelta) -> None:
    assert not pending.alive(alice, NOON + age)


def test_it_outlives_a_change_of_the_secret_key(
    settings, pending: PendingLogin, alice: User
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert pending.alive(alice, NOON)


def test_it_ends_with_its_secret_key(settings, pending: PendingLogin, alice: User) -> None:
    settings.SECRET_KEY = "the next one"
    assert not pending.alive(alice, NOON)


def test_a_changed_password_ends_it(pending: PendingLogin, alice: User) -> None:
    alice.set_password("another long password")
    assert not pending.alive(alice, NOON)


def test_a_changed_factor_ends_it(pending: PendingLogin, alice: User) -> None:
    alice.session_epoch += 1
    assert not pending.alive(alice, NOON)


def test_a_disabled_person_ends_it(pending: PendingLogin, alice: User) -> None:
    alice.is_active = False
    assert not pending.alive(alice, NOON)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": "!"}, {"session_epoch": 7}])
def test_an_ended_one_takes_no_code(
    browser: Browser, alice: User, fields: dict[str, object]
) -> None:
    browser.password(alice)
    User.objects.filter(pk=alice.pk).update(**fields)
    response = browser.post("/login/verify/", {"code": code("+447700900201")})
    assert response.url.startswith("/login/?notice=ended")
    assert not browser.signed_in


def test_an_old_one_takes_no_code(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    browser.password(alice)
    clock.shift(timedelta(minutes=7))
    browser.post("/login/verify/resend/")
    clock.shift(timedelta(minutes=8))
    response = browser.post("/login/verify/", {"code": code("+447700900201")})
    assert response.url.startswith("/login/?notice=ended")
    assert not browser.signed_in
