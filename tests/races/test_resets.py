"""One link, several tabs that save at once."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.people import resets
from mfa.login.flow import Flow
from mfa.login.pending import PendingLogin
from mfa.models import AuditEvent, Event
from mfa.rules.routes import Purpose
from mfa.session_engine import SessionStore
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORDS = [f"another long enough one {number}" for number in range(8)]


def tab(user: User) -> Flow:
    """A tab before the form for a new password."""
    request = RequestFactory().post("/password/new/")
    request.session = SessionStore()
    now = timezone.now()
    pending = PendingLogin.begin(user, Purpose.RESET, now)
    pending.opened = now.timestamp()
    return Flow(request=request, pending=pending, user=user)


def test_one_of_eight_parallel_tabs_saves(alice: User) -> None:
    """RV-01: the link is used once."""
    tabs = [(tab(alice), password) for password in PASSWORDS]
    given = at_once([lambda one=one: resets.finish(*one) for one in tabs])
    assert given.count(True) == 1
    alice.refresh_from_db()
    assert alice.check_password(PASSWORDS[given.index(True)])
    assert alice.session_epoch == 1
    assert AuditEvent.objects.filter(event=Event.PASSWORD_RESET).count() == 1
