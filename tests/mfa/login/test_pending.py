"""PendingLogin: what a session stores between password and login, and how long it is valid."""

from dataclasses import asdict
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from mfa.login.pending import PendingLogin
from mfa.rules.routes import Purpose
from mfa.session_engine import SessionStore
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


def test_fresh_session_has_no_stored_values(session: SessionBase) -> None:
    assert PendingLogin.load(session) is None


def test_session_stores_whole_value(session: SessionBase, pending: PendingLogin) -> None:
    pending.chosen = "email"
    pending.save(session)
    session.save()
    assert PendingLogin.load(SessionStore(session.session_key)) == pending


def test_session_can_forget_stored_value(session: SessionBase, pending: PendingLogin) -> None:
    pending.save(session)
    PendingLogin.drop(session)
    assert PendingLogin.load(session) is None


def test_forgetting_missing_value_is_allowed(session: SessionBase) -> None:
    PendingLogin.drop(session)
    assert session.is_empty()


@pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=14, seconds=59)])
def test_pending_login_lasts_15_minutes(pending: PendingLogin, alice: User, age: timedelta) -> None:
    assert pending.alive(alice, NOON + age)


@pytest.mark.parametrize("age", [timedelta(minutes=15), timedelta(days=1)])
def test_pending_login_ends_after_15_minutes(
    pending: PendingLogin, alice: User, age: timedelta
) -> None:
    assert not pending.alive(alice, NOON + age)


def test_pending_login_survives_key_rotation(settings, pending: PendingLogin, alice: User) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert pending.alive(alice, NOON)


def test_pending_login_ends_when_key_is_removed(
    settings, pending: PendingLogin, alice: User
) -> None:
    settings.SECRET_KEY = "the next one"
    assert not pending.alive(alice, NOON)


def test_changed_password_ends_pending_login(pending: PendingLogin, alice: User) -> None:
    alice.set_password("another long password")
    assert not pending.alive(alice, NOON)


def test_changed_factor_ends_pending_login(pending: PendingLogin, alice: User) -> None:
    alice.session_epoch += 1
    assert not pending.alive(alice, NOON)


def test_disabling_person_ends_pending_login(pending: PendingLogin, alice: User) -> None:
    alice.is_active = False
    assert not pending.alive(alice, NOON)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": "!"}, {"session_epoch": 7}])
def test_ended_pending_login_accepts_no_code(
    browser: Browser, alice: User, fields: dict[str, object]
) -> None:
    browser.password(alice)
    User.objects.filter(pk=alice.pk).update(**fields)
    response = browser.post("/login/verify/", {"code": code("+447700900201")})
    assert response.url.startswith("/login/?notice=ended")
    assert not browser.signed_in


def test_expired_pending_login_accepts_no_code(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    browser.password(alice)
    clock.shift(timedelta(minutes=7))
    browser.post("/login/verify/resend/")
    clock.shift(timedelta(minutes=8))
    response = browser.post("/login/verify/", {"code": code("+447700900201")})
    assert response.url.startswith("/login/?notice=ended")
    assert not browser.signed_in


# Other proofs of a logged-in person


def test_each_start_has_128_random_bits(alice: User) -> None:
    one, other = (PendingLogin.begin(alice, Purpose.CHANGE, NOON) for _ in range(2))
    assert one.nonce != other.nonce
    assert len(bytes.fromhex(one.nonce)) == 16
    assert one.challenge == ""


def test_session_stores_each_purpose_separately(session: SessionBase, alice: User) -> None:
    change = PendingLogin.begin(alice, Purpose.CHANGE, NOON)
    change.save(session)
    assert PendingLogin.load(session, Purpose.CHANGE) == change
    assert PendingLogin.load(session, Purpose.TEST) is None
    assert PendingLogin.load(session) is None


def test_session_forgets_one_and_keeps_others(
    session: SessionBase, pending: PendingLogin, alice: User
) -> None:
    pending.save(session)
    PendingLogin.begin(alice, Purpose.CHANGE, NOON).save(session)
    PendingLogin.drop(session, Purpose.CHANGE)
    assert PendingLogin.load(session, Purpose.CHANGE) is None
    assert PendingLogin.load(session) == pending


@pytest.mark.parametrize("purpose", [Purpose.LOGIN, Purpose.TEST, Purpose.ENROLL])
def test_value_stored_for_other_purpose_is_dropped(
    session: SessionBase, alice: User, purpose: Purpose
) -> None:
    held = asdict(PendingLogin.begin(alice, purpose, NOON))
    session["mfa_change"] = held
    assert PendingLogin.load(session, Purpose.CHANGE) is None
