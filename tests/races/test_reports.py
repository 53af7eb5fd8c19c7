"""Reports by a notice's link, at once with another report, a login or a change of the phone."""

import re
from collections.abc import Callable
from functools import partial

import pytest

from accounts.models import User
from mfa.messages import notices
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

LINK = re.compile(r"http://testserver(/me/not-me/\S+)")
ROUNDS = 6


def person(number: int) -> tuple[User, str]:
    target = f"+4477009004{number:02}"
    user = make_user(f"owner{number}@example.org")
    give_phone(user, target)
    return user, target


def link_of(event: Event, user: User, **words: int) -> str:
    notices.tell(event, user, **words)
    mails = OutboxMessage.objects.filter(channel="email", target=user.email)
    return LINK.search(mails.latest("pk").body)[1]


def report_during(
    user: User,
    attacker: Browser,
    act: Callable[[], object],
    event: Event = Event.UNUSUAL_LOGIN,
) -> None:
    """Press the button of a notice while the attacker acts. The attacker stays outside."""
    link = link_of(event, user)
    at_once([act, lambda: Browser().post(link)])
    assert attacker.get("/me/").status_code == 302


def test_two_links_of_a_person_act_one_after_the_other(policy: SitePolicy) -> None:
    """Whichever comes first: the attacker's phone is off, and both pages say the same."""
    for number in range(ROUNDS):
        user, target = person(number)
        attacker = Browser()
        attacker.log_in(user)
        login = link_of(Event.UNUSUAL_LOGIN, user)
        phone = link_of(Event.FACTOR_ADDED, user, factor=user.factors.get().pk)
        at_once([lambda link=link: Browser().post(link) for link in (login, phone)])
        user.refresh_from_db()
        made = AuditEvent.objects.filter(user=user, event=Event.DISOWNED)
        assert (made.count(), user.session_epoch) == (2, 2)
        assert user.factors.get().status == "suspended"
        assert attacker.get("/me/").status_code == 302
        bodies = [Browser().get(link).content.decode() for link in (login, phone)]
        ways = {re.search(r"We email you a code|verify your identity", body)[0] for body in bodies}
        assert len(ways) == 1, target


def test_no_login_survives_a_report(policy: SitePolicy) -> None:
    """The attacker's right code arrives while the owner presses the button."""
    for number in range(ROUNDS):
        user, target = person(number)
        attacker = Browser()
        attacker.password(user)
        enter = partial(attacker.post, "/login/verify/", {"code": code(target)})
        report_during(user, attacker, enter)
        assert "do not match" in attacker.password(user).content.decode()


def test_no_password_login_survives_a_report(policy: SitePolicy) -> None:
    """Without a second step the password is enough until the report, and never after it."""
    policy.enabled = False
    policy.save()
    for number in range(ROUNDS):
        user = make_user(f"plain{number}@example.org")
        attacker = Browser()
        log_in = partial(attacker.password, user)
        report_during(user, attacker, log_in, Event.PASSWORD_CHANGED)


def test_new_phone_during_a_report_opens_nothing(policy: SitePolicy) -> None:
    """The attacker confirms a new number at the same moment."""
    for number in range(ROUNDS):
        user, _target = person(number)
        new = f"+4477009005{number:02}"
        attacker = Browser()
        attacker.log_in(user)
        attacker.post("/me/phone/", {"phone": new})
        enter = partial(attacker.post, "/me/phone/verify/", {"code": code(new)})
        report_during(user, attacker, enter)
        assert "do not match" in attacker.password(user).content.decode()
        assert Factor.objects.usable().filter(user=user).count() == 1
