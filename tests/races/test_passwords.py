"""One password, and several sessions that change it or report "not me" at once."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import RequestFactory

from accounts.models import User
from accounts.people import passwords, reports
from mfa import audit
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event
from mfa.session_engine import SessionStore
from tests.portal_client import PASSWORD
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORDS = [f"another long enough one {number}" for number in range(8)]


def changing(user: User, password: str) -> Callable[[], bool]:
    """A session before the button, with the person loaded."""
    request = RequestFactory().post("/me/password/")
    request.session = SessionStore()
    request.user = User.objects.get(pk=user.pk)
    return partial(passwords.change, request, request.user, password)


def test_one_of_eight_parallel_password_changes_wins(alice: User) -> None:
    given = at_once([changing(alice, password) for password in PASSWORDS])
    assert given.count(True) == 1
    alice.refresh_from_db()
    assert alice.check_password(PASSWORDS[given.index(True)])
    assert AuditEvent.objects.filter(event=Event.PASSWORD_CHANGED).count() == 1


@pytest.mark.parametrize("turn", range(8))
def test_old_password_is_invalid_after_reset_despite_rehash(
    settings, alice: User, turn: int
) -> None:
    """S10: a login with an imported hash and a reset at the same time."""
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
def test_password_change_does_not_clear_report_of_compromise(alice: User, _turn: int) -> None:
    """An attacker's session is at the form while the owner presses the button elsewhere."""
    event = audit.record(Event.LOGGED_IN, alice, client=NOWHERE)
    owner = partial(reports.make, alice, event.pk, client=NOWHERE)
    at_once([changing(alice, PASSWORDS[0]), owner])
    alice.refresh_from_db()
    assert alice.password_expired
    assert not alice.has_usable_password()
