"""New SMS values wait for a superuser once MFA was enabled (S05)."""

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client, TestCase

from accounts.models import User
from mfa.channels.twilio import receipts
from mfa.models import AuditEvent, Delivery, Event, Factor, OutboxMessage, SitePolicy, SmsAccount
from mfa.models.sms_account import SmsValues
from tests.conftest import give_phone, make_user
from tests.mfa.messages.wires import Wire, sms
from tests.portal_client import Browser, code
from tests.twilio_endpoint.receipts import fields, post

__all__ = ["sms"]

FORM = "/admin/mfa/accountpolicy/1/change/"
PAGE = "/admin/mfa/accountpolicy/sms-account/"
DISCARD = f"{PAGE}discard/"
OWN = "+447700900204"
NEW = SmsValues("AC" + "e" * 32, "another-token-of-32-letters-ef99", "+15005550009")


@pytest.fixture
def live(policy: SitePolicy) -> SmsValues:
    """The values that texts use."""
    return policy.sms.values


@pytest.fixture
def administrator(other_browser: Browser, policy: SitePolicy) -> Browser:
    """Of the group Administrators, not a superuser, logged in."""
    user = make_user("adam@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrators"))
    give_phone(user, "+447700900205")
    other_browser.log_in(user)
    return other_browser


def enter(browser: Browser, values: SmsValues = NEW, **more: str) -> HttpResponse:
    policy = SitePolicy.load()
    names = ("sms_account_id", "sms_auth_token", "sms_phone_number")
    kept = {"home_region": policy.home_region, "contact": policy.contact}
    tick = {"enabled": "on"} if policy.enabled else {}
    typed = dict(zip(names, values, strict=True))
    return browser.post(FORM, {"_continue": "Save", **kept, **tick, **typed, **more}, follow=True)


def used() -> SmsValues:
    return SmsAccount.load().values


def mailed(subject: str) -> set[str]:
    mails = OutboxMessage.objects.filter(channel="email", subject__contains=subject)
    return set(mails.values_list("target", flat=True))


@pytest.mark.parametrize("enabled", [True, False], ids=["on", "off since"])
def test_new_values_wait_and_old_ones_stay_live(
    administrator: Browser, root: User, live: SmsValues, *, enabled: bool
) -> None:
    """Whatever the flag later, and all administrators are notified."""
    SitePolicy.objects.update(enabled=enabled)
    page = enter(administrator).content.decode()
    assert used() == live
    assert SmsAccount.load().candidate_values == NEW
    assert "until a superuser confirms the new ones" in page
    assert NEW.auth_token not in page
    assert "Set, ends …ef99." in page
    assert mailed("the SMS account was changed") == {"adam@example.org", root.email}
    assert AuditEvent.objects.get(event=Event.SMS_ENTERED).user.email == "adam@example.org"


def test_values_take_effect_at_once_before_mfa_was_enabled(browser: Browser, db: None) -> None:
    """First setup is unchanged."""
    SitePolicy.load()
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    enter(browser)
    assert used() == NEW
    assert SmsAccount.load().candidate_since is None


def test_only_test_message_uses_waiting_values(office: Browser, sms: Wire) -> None:
    enter(office)
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": "+447700900240"})
    office.post(PAGE, {"send": "1"})
    texts = [(message.to, message.by_candidate) for message in sms.carried if not message.subject]
    assert texts == [("+447700900240", False), (OWN, True)]


def test_superuser_confirms_values_by_code_to_own_phone(
    office: Browser, root: User, live: SmsValues
) -> None:
    enter(office)
    office.post(PAGE, {"send": "1", "phone": "+447700900240"})
    assert not OutboxMessage.objects.filter(target="+447700900240").exists()
    page = office.post(PAGE, {"code": code(OWN)}, follow=True).content.decode()
    assert "Texts are now sent with the new values." in page
    policy = SitePolicy.load()
    assert policy.sms.values == NEW
    sms = policy.sms
    assert sms.tested
    assert sms.candidate_since is None
    assert sms.tokens(sms.tested_at) == [
        NEW.auth_token,
        live.auth_token,
    ]
    event = AuditEvent.objects.get(event=Event.SMS_CONFIRMED)
    assert (event.user, event.details["way"]) == (root, "code")


def test_wrong_code_confirms_nothing(office: Browser, live: SmsValues) -> None:
    enter(office)
    office.post(PAGE, {"send": "1"})
    wrong = f"{(int(code(OWN)) + 1) % 10**6:06}"
    assert "That is not the code we sent." in office.post(PAGE, {"code": wrong}).content.decode()
    assert used() == live


def test_limits_are_explained_on_the_page(
    clock: time_machine.Traveller, office: Browser, root: User, live: SmsValues
) -> None:
    enter(office)
    for _ in range(10):
        office.post(PAGE, {"send": "1"})
    refused = office.post(PAGE, {"send": "1"})
    office.blame(root, 10)
    locked = office.post(PAGE, {"code": code(OWN)})
    assert (refused.status_code, locked.status_code) == (429, 429)
    assert "You sent too many test messages." in refused.content.decode()
    assert "Use the new values" in refused.content.decode()
    assert "Too many attempts. Try again in" in locked.content.decode()
    assert "Use the new values" in locked.content.decode()
    assert used() == live


def test_code_of_ordinary_test_confirms_nothing(
    office: Browser, root: User, live: SmsValues
) -> None:
    """It was sent with the old values."""
    enter(office)
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": OWN})
    office.post(PAGE, {"code": code(OWN)})
    assert used() == live


def test_code_does_not_confirm_values_entered_later(
    office: Browser, administrator: Browser, live: SmsValues
) -> None:
    """Two tabs: the administrator replaces the candidate during the superuser's confirmation."""
    enter(office)
    office.post(PAGE, {"send": "1"})
    sent = code(OWN)
    enter(administrator, NEW._replace(account_id="AC" + "f" * 32))
    office.post(PAGE, {"code": sent})
    assert used() == live


def test_code_is_used_once(office: Browser) -> None:
    enter(office)
    office.post(PAGE, {"send": "1"})
    sent = code(OWN)
    office.post(PAGE, {"code": sent})
    enter(office, NEW._replace(phone_number="+15005550008"))
    office.post(PAGE, {"code": sent})
    assert used() == NEW


def test_administrator_cannot_confirm_values(administrator: Browser, live: SmsValues) -> None:
    enter(administrator)
    for data in ({"send": "1"}, {"code": "123456"}, {"live": "1"}):
        assert administrator.post(PAGE, data).status_code == 403
    assert administrator.get(PAGE).status_code == 403
    assert used() == live


def test_stale_superuser_session_needs_factor(
    clock: time_machine.Traveller, office: Browser, live: SmsValues
) -> None:
    enter(office)
    clock.shift(660)
    assert office.post(PAGE, {"send": "1"}).url.startswith("/me/confirm/")


@pytest.fixture
def by_app(office: Browser, root: User) -> Browser:
    """A superuser, logged in just now, with an app and no phone."""
    root.factors.filter(kind="phone").update(kind=Factor.Kind.APP, target="", secret="A" * 32)
    return office


def test_mistyped_number_is_corrected(by_app: Browser) -> None:
    enter(by_app)
    page = by_app.post(PAGE, {"send": "1", "phone": "+44 +44 7546 123456"}).content.decode()
    offer = page.partition("Did you mean this number?")
    assert 'name="send" value="on"' in offer[0]
    assert 'name="phone" value="+44 7546 123456"' in offer[2]


def test_delivered_test_and_fresh_factor_confirm_without_phone(by_app: Browser) -> None:
    enter(by_app)
    by_app.post(PAGE, {"send": "1", "phone": "+447700900240"})
    assert "was delivered" in by_app.get(PAGE).content.decode()
    by_app.post(PAGE, {"live": "1"})
    assert used() == NEW
    assert AuditEvent.objects.get(event=Event.SMS_CONFIRMED).details["way"] == "factor"


def test_undelivered_test_confirms_nothing_without_phone(by_app: Browser, live: SmsValues) -> None:
    enter(by_app)
    by_app.post(PAGE, {"live": "1"})
    by_app.post(PAGE, {"send": "1", "phone": "+447700900240"})
    Delivery.objects.filter(channel="sms").update(state=Delivery.State.SENT)
    by_app.post(PAGE, {"live": "1"})
    assert used() == live


def test_superuser_with_phone_must_enter_code(office: Browser, live: SmsValues) -> None:
    enter(office)
    office.post(PAGE, {"send": "1"})
    office.post(PAGE, {"live": "1"})
    assert used() == live


def test_waiting_account_can_report_only_on_its_tests(
    office: Browser, alice: User, browser: Browser, settings
) -> None:
    """WB-07: its token cannot sign reports about texts of the live account."""
    settings.BASE_URL, settings.HOST, settings.HTTPS = (
        "https://p.example.com",
        "p.example.com",
        True,
    )
    enter(office)
    office.post(PAGE, {"send": "1"})
    Browser().password(alice)
    test, login = (
        Delivery.objects.filter(channel="sms", challenge__purpose="account").get(),
        (Delivery.objects.filter(challenge__user=alice).get()),
    )
    for row in (test, login):
        Delivery.objects.filter(pk=row.pk).update(
            state=Delivery.State.ACCEPTED, provider_id="SM" + "b" * 32
        )
        row.refresh_from_db()
        form = fields(row, "delivered") | {"AccountSid": NEW.account_id}
        url = receipts.url_of(row.receipt_id)
        assert post(Client(), row, form, token=NEW.auth_token, url=url).status_code == 204
        row.refresh_from_db()
    assert (test.state, login.state) == (Delivery.State.DELIVERED, Delivery.State.ACCEPTED)


def test_discarding_is_reported(administrator: Browser, root: User, live: SmsValues) -> None:
    enter(administrator)
    OutboxMessage.objects.all().delete()
    assert "Discard the new values?" in administrator.get(DISCARD).text
    assert SmsAccount.load().candidate_since is not None
    administrator.post(DISCARD)
    assert SmsAccount.load().candidate_since is None
    assert used() == live
    assert root.email in mailed("the SMS account was changed")


def test_entering_the_old_values_again_discards_the_new_ones(
    office: Browser, live: SmsValues
) -> None:
    enter(office)
    enter(office, live)
    assert SmsAccount.load().candidate_since is None


def test_saving_other_field_keeps_values_waiting(office: Browser) -> None:
    enter(office)
    since = SmsAccount.load().candidate_since
    enter(office, NEW._replace(auth_token=""), contact="the new desk")
    assert SmsAccount.load().candidate_since == since


def test_command_confirms_values_and_is_reported(office: Browser, root: User, capsys) -> None:
    enter(office)
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("sms_account", "confirm")
    assert used() == NEW
    assert AuditEvent.objects.get(event=Event.SMS_CONFIRMED).details["way"] == "command"
    assert root.email in mailed("the SMS account was changed")
    assert NEW.auth_token not in capsys.readouterr().out


def test_command_fails_without_waiting_values(policy: SitePolicy) -> None:
    with pytest.raises(CommandError):
        call_command("sms_account", "confirm")
