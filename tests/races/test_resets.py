"""One link, several tabs that save at once."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from accounts import resets
from accounts.models import User
from mfa import walk as walks
from mfa.models import AuditEvent, Event
from mfa.pending import PendingLogin
from mfa.rules.steps import Aim
from mfa.sessions import SessionStore
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORDS = [f"another long enough one {number}" for number in range(8)]


def tab(user: User) -> walks.Walk:
    """A tab before the form for a new password."""
    request = RequestFactory().post("/password/new/")
    request.session = SessionStore()
    now = timezone.now().timestamp()
    pending = PendingLogin(
        user=user.pk,
        session_hash=user.get_session_auth_hash(),
        start=now,
        next="",
        nonce="0" * 32,
        aim=Aim.RESET,
        opened=now,
    )
    return walks.start(request, pending, user)


def test_of_eight_tabs_that_save_at_once_one_counts(alice: User) -> None:
    """RV-01: the link is used once."""
    tabs = [(tab(alice), password) for password in PASSWORDS]
    given = at_once([lambda one=one: resets.finish(*one) for one in tabs])
    assert given.count(True) == 1
    alice.refresh_from_db()
    assert alice.check_password(PASSWORDS[given.index(True)])
    assert alice.session_epoch == 1
    assert AuditEvent.objects.filter(event=Event.PASSWORD_RESET).count() == 1
