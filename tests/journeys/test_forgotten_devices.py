"""What makes recognized devices forgotten (S16)."""

import re
from collections.abc import Callable

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage
from mfa.sessions import devices
from tests.authenticator import give_app
from tests.portal_client import PASSWORD, Browser

pytestmark = pytest.mark.usefixtures("clock")

NEW = "another long enough one"


def knows(browser: Browser, user: User) -> bool:
    """Whether the browser's cookie still recognizes this person."""
    cookie = browser.cookies[devices.cookie_name()].value
    request = type("Request", (), {"COOKIES": {devices.cookie_name(): cookie}})()
    return bool(devices.count_of(request, User.objects.get(pk=user.pk)))


def not_me(hers: Browser, user: User, office: Browser) -> None:
    event = AuditEvent.objects.filter(user=user, event=Event.LOGGED_IN).latest("pk")
    hers.post(f"/me/activity/{event.pk}/")


def log_out_everywhere_else(hers: Browser, user: User, office: Browser) -> None:
    hers.post("/me/security/sessions/others/")


def report_lost(hers: Browser, user: User, office: Browser) -> None:
    give_app(user)
    hers.post(f"/me/security/factors/{user.factors.get(kind='phone').pk}/suspend/")


def change_password(hers: Browser, user: User, office: Browser) -> None:
    new = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    hers.post("/me/password/", new)


def reset(hers: Browser, user: User, office: Browser) -> None:
    hers.post("/logout/")
    hers.post("/password/forgot/", {"email": user.email})
    mail = OutboxMessage.objects.filter(target=user.email).latest("pk")
    hers.post(re.search(r"http://testserver(/password/reset/\S+)", mail.body)[1])
    text = OutboxMessage.objects.filter(channel="sms").latest("pk")
    hers.post("/login/verify/", {"code": re.search(r"\d{6}", text.body)[0]})
    hers.post("/password/new/", {"new_password1": NEW, "new_password2": NEW})


def act(office: Browser, user: User, action: str) -> None:
    form = {"action": action, "_selected_action": [user.pk], "post": "yes"}
    office.post("/admin/accounts/user/", form)


def logged_out_by_staff(hers: Browser, user: User, office: Browser) -> None:
    act(office, user, "end_sessions")


def new_password_required(hers: Browser, user: User, office: Browser) -> None:
    act(office, user, "require_new_password")


def number_written_by_staff(hers: Browser, user: User, office: Browser) -> None:
    form = {"phone": "+44 7700 900250", "reason": "stolen"}
    office.post(f"/support/people/{user.pk}/number/", form)


Deed = Callable[[Browser, User, Browser], None]
BY_THE_PERSON = [log_out_everywhere_else, report_lost, change_password, reset]
BY_OTHERS = [not_me, logged_out_by_staff, new_password_required, number_written_by_staff]


@pytest.fixture
def hers(alice: User) -> Browser:
    """Alice's own browser."""
    browser = Browser()
    browser.log_in(alice)
    return browser


@pytest.fixture
def thief(alice: User) -> Browser:
    """A browser in which someone else logged in as Alice."""
    browser = Browser()
    browser.log_in(alice)
    assert knows(browser, alice)
    return browser


@pytest.mark.parametrize("deed", [*BY_THE_PERSON, *BY_OTHERS])
def test_attackers_browser_is_forgotten(
    hers: Browser, thief: Browser, office: Browser, alice: User, deed: Deed
) -> None:
    deed(hers, alice, office)
    assert not knows(thief, alice)


@pytest.mark.parametrize("deed", BY_THE_PERSON)
def test_acting_browser_stays_recognized(
    hers: Browser, office: Browser, alice: User, deed: Deed
) -> None:
    """Strangers must not lock the owner out at the next login (LG-02)."""
    deed(hers, alice, office)
    assert knows(hers, alice)


def test_next_login_of_attacker_is_notified(hers: Browser, thief: Browser, alice: User) -> None:
    """S16: the attacker's cookie had suppressed the notice."""
    hers.post("/me/security/sessions/others/")
    thief.log_in(alice)
    assert AuditEvent.objects.latest("pk").event == Event.UNUSUAL_LOGIN


def test_change_of_email_keeps_recognized_devices(hers: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    assert knows(hers, alice)
