"""One password, several sessions that change it at once, or say "not me" meanwhile."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import RequestFactory

from accounts import passwords
from accounts.models import User
from mfa import audit
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event
from mfa.sessions import SessionStore
from tests.portal_client import PASSWORD
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORDS = [f"another long enough one {number}" for number in range(8)]


def changing(user: User, password: str) -> Callable[[], bool]:
    """A session before the button, as it has loaded the person."""
    request = RequestFactory().post("/me/password/")
    request.session = SessionStore()
    request.user = User.objects.get(pk=user.pk)
    return partial(passwords.change, request, request.user, password)


def test_of_eight_sessions_that_change_it_at_once_one_wins(alice: User) -> None:
    given = at_once([changing(alice, password) for password in PASSWORDS])
    assert given.count(True) == 1
    alice.refresh_from_db()
    assert alice.check_password(PASSWORDS[given.index(True)])
    assert AuditEvent.objects.filter(event=Event.PASSWORD_CHANGED).count() == 1


@pytest.mark.parametrize("turn", range(8))
def test_old_password_is_dead_after_a_reset_however_its_rehash_falls(
    settings, alice: User, turn: int
) -> None:
    """S10: a login with an imported hash, and a reset, at once."""
    imported = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, imported]
    old = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=alice.pk).update(password=old)

    def log_in() -> bool:
        return User.objects.get(pk=alice.pk).check_password(PASSWORD)

    def reset() -> bool:
        time.sleep(turn * 0.04)
        with transaction.atomic():
            person = User.objects.select_for_update().get(pk=alice.pk)
            passwords.store(person, PASSWORDS[0])
        return True

    at_once([log_in, log_in, reset])
    alice.refresh_from_db()
    assert alice.check_password(PASSWORDS[0])
    assert not alice.check_password(PASSWORD)


@pytest.mark.parametrize("_turn", range(5))
def test_no_change_undoes_a_not_me(alice: User, _turn: int) -> None:
    """A thief's session is at the form while the owner presses the button elsewhere."""
    event = audit.record(Event.LOGGED_IN, alice, origin=NOWHERE)
    owner = partial(passwords.disown, alice, event, origin=NOWHERE)
    changed, _ = at_once([changing(alice, PASSWORDS[0]), owner])
    alice.refresh_from_db()
    assert alice.password_expired
    assert alice.check_password(PASSWORDS[0] if changed else PASSWORD)
