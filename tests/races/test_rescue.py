"""A reset by support, or a report from a notice, while someone logs in (RV-05, RV-07)."""

import re

import pytest

from accounts.models import User
from mfa import rescue
from mfa.messages import notices
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy
from mfa.rescue import Identified
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
VERIFY = "/login/verify/"


def reset(person: User) -> None:
    rescue.reset(None, person, reason="lost phone", identified=Identified.OPERATOR)


def test_no_login_and_no_factor_survives_a_reset(policy: SitePolicy) -> None:
    """The right code arrives while support resets the person, repeatedly."""
    for number in range(ROUNDS):
        target = f"+4477009003{number:02}"
        user = make_user(f"caller{number}@example.org")
        give_phone(user, target)
        thief = Browser()
        thief.password(user)
        typed = {"code": code(target)}
        at_once(
            [
                lambda thief=thief, typed=typed: thief.post(VERIFY, typed),
                lambda user=user: reset(user),
            ]
        )
        assert thief.get("/me/").status_code == 302
        assert not Factor.objects.usable().filter(user=user).exists()
        assert thief.password(user).url == "/login/mailbox/"


def test_one_of_eight_clicks_on_a_report_acts(alice: User) -> None:
    notices.tell(Event.PASSWORD_CHANGED, alice)
    notice = OutboxMessage.objects.get(target=alice.email).body
    link = re.search(r"http://testserver(/me/not-me/\S+)", notice)[1]
    epoch = User.objects.get(pk=alice.pk).session_epoch
    many(8, lambda: Browser().post(link))
    assert AuditEvent.objects.filter(event=Event.DISOWNED).count() == 1
    assert User.objects.get(pk=alice.pk).session_epoch == epoch + 1
