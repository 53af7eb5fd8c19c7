"""New SMS values wait for a superuser, from the first time MFA was enabled (S05)."""

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client, TestCase

from accounts.models import User
from mfa.channels import twilio_receipts
from mfa.models import AccountPolicy, AuditEvent, Delivery, Event, Factor, OutboxMessage
from mfa.models.policies import SmsValues
from tests.conftest import give_phone, make_user
from tests.mfa.test_deliveries import Wire, sms
from tests.portal_client import Browser, code
from tests.twilio_endpoint.receipts import fields, post

__all__ = ["sms"]

FORM = "/admin/mfa/accountpolicy/1/change/"
PAGE = "/admin/mfa/accountpolicy/sms-account/"
DISCARD = f"{PAGE}discard/"
OWN = "+447700900204"
NEW = SmsValues("AC" + "e" * 32, "another-token-of-32-letters-ef99", "+15005550009")


@pytest.fixture
def live(policy: AccountPolicy) -> SmsValues:
    """What texts go out by."""
    return policy.sms_values


@pytest.fixture
def administrator(other_browser: Browser, policy: AccountPolicy) -> Browser:
    """Of the group Administrators, no superuser, logged in."""
    user = make_user("adam@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrators"))
    give_phone(user, "+447700900205")
    other_browser.log_in(user)
    return other_browser


def enter(browser: Browser, values: SmsValues = NEW, **more: str) -> HttpResponse:
    policy = AccountPolicy.load()
    names = ("sms_account_id", "sms_auth_token", "sms_phone_number")
    kept = {"home_region": policy.home_region, "contact": policy.contact}
    tick = {"enabled": "on"} if policy.enabled else {}
    typed = dict(zip(names, values, strict=True))
    return browser.post(FORM, {"_continue": "Save", **kept, **tick, **typed, **more}, follow=True)


def used() -> SmsValues:
    return AccountPolicy.load().sms_values


def mailed(subject: str) -> set[str]:
    mails = OutboxMessage.objects.filter(channel="email", subject__contains=subject)
    return set(mails.values_list("target", flat=True))


@pytest.mark.parametrize("enabled", [True, False], ids=["on", "off since"])
def test_new_values_wait_and_the_old_ones_go_on(
    administrator: Browser, root: User, live: SmsValues, *, enabled: bool
) -> None:
    """Whatever the flag says later; and everybody who administers is told at once."""
    AccountPolicy.objects.update(enabled=enabled)
    page = enter(administrator).content.decode()
    assert used() == live
    assert AccountPolicy.load().candidate_values == NEW
    assert "wait for a superuser" in page
    assert NEW.auth_token not in page
    assert "Set, ends …ef99." in page
    assert mailed("the SMS account was changed") == {"adam@example.org", root.email}
    assert AuditEvent.objects.get(event=Event.SMS_ENTERED).user.email == "adam@example.org"


def test_before_mfa_was_ever_on_they_are_used_at_once(browser: Browser, db: None) -> None:
    """First-time setup stays as it is."""
    AccountPolicy.load()
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    enter(browser)
    assert used() == NEW
    assert AccountPolicy.load().candidate_since is None


def test_only_the_test_of_the_new_values_goes_by_them(office: Browser, sms: Wire) -> None:
    enter(office)
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": "+447700900240"})
    office.post(PAGE, {"send": "1"})
    texts = [(message.to, message.by_candidate) for message in sms.carried if not message.subject]
    assert texts == [("+447700900240", False), (OWN, True)]


def test_a_superuser_makes_them_live_by_a_code_to_the_own_phone(
    office: Browser, root: User, live: SmsValues
) -> None:
    enter(office)
    office.post(PAGE, {"send": "1", "phone": "+447700900240"})
    assert not OutboxMessage.objects.filter(target="+447700900240").exists()
    page = office.post(PAGE, {"code": code(OWN)}, follow=True).content.decode()
    assert "Texts now go out by the new values." in page
    policy = AccountPolicy.load()
    assert policy.sms_values == NEW
    assert policy.tested
    assert policy.candidate_since is None
    assert policy.tokens(policy.tested_at) == [NEW.auth_token, live.auth_token]
    event = AuditEvent.objects.get(event=Event.SMS_CONFIRMED)
    assert (event.user, event.details["way"]) == (root, "code")


def test_a_wrong_code_makes_nothing_live(office: Browser, live: SmsValues) -> None:
    enter(office)
    office.post(PAGE, {"send": "1"})
    wrong = f"{(int(code(OWN)) + 1) % 10**6:06}"
    assert "That is not the code we sent." in office.post(PAGE, {"code": wrong}).content.decode()
    assert used() == live


def test_the_code_of_an_ordinary_test_makes_nothing_live(
    office: Browser, root: User, live: SmsValues
) -> None:
    """It went out by the old values."""
    enter(office)
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": OWN})
    office.post(PAGE, {"code": code(OWN)})
    assert used() == live


def test_a_code_vouches_for_no_values_entered_after_it(
    office: Browser, administrator: Browser, live: SmsValues
) -> None:
    """Two tabs: the administrator swaps the candidate under the superuser's hands."""
    enter(office)
    office.post(PAGE, {"send": "1"})
    sent = code(OWN)
    enter(administrator, NEW._replace(account_id="AC" + "f" * 32))
    office.post(PAGE, {"code": sent})
    assert used() == live


def test_a_code_is_used_once(office: Browser) -> None:
    enter(office)
    office.post(PAGE, {"send": "1"})
    sent = code(OWN)
    office.post(PAGE, {"code": sent})
    enter(office, NEW._replace(phone_number="+15005550008"))
    office.post(PAGE, {"code": sent})
    assert used() == NEW


def test_an_administrator_who_is_no_superuser_makes_nothing_live(
    administrator: Browser, live: SmsValues
) -> None:
    enter(administrator)
    for data in ({"send": "1"}, {"code": "123456"}, {"live": "1"}):
        assert administrator.post(PAGE, data).status_code == 403
    assert administrator.get(PAGE).status_code == 403
    assert used() == live


def test_a_stale_session_of_a_superuser_is_asked_for_a_factor(
    clock: time_machine.Traveller, office: Browser, live: SmsValues
) -> None:
    enter(office)
    clock.shift(660)
    assert office.post(PAGE, {"send": "1"}).url.startswith("/me/confirm/")


@pytest.fixture
def by_app(office: Browser, root: User) -> Browser:
    """A superuser, logged in just now, who has an app and no phone any more."""
    root.factors.filter(kind="phone").update(kind=Factor.Kind.APP, target="", secret="A" * 32)
    return office


def test_without_a_phone_the_delivered_test_and_a_fresh_factor_do(by_app: Browser) -> None:
    enter(by_app)
    by_app.post(PAGE, {"send": "1", "phone": "+447700900240"})
    assert "was delivered" in by_app.get(PAGE).content.decode()
    by_app.post(PAGE, {"live": "1"})
    assert used() == NEW
    assert AuditEvent.objects.get(event=Event.SMS_CONFIRMED).details["way"] == "factor"


def test_without_a_phone_nothing_goes_live_before_it_is_delivered(
    by_app: Browser, live: SmsValues
) -> None:
    enter(by_app)
    by_app.post(PAGE, {"live": "1"})
    by_app.post(PAGE, {"send": "1", "phone": "+447700900240"})
    Delivery.objects.filter(channel="sms").update(state=Delivery.State.SENT)
    by_app.post(PAGE, {"live": "1"})
    assert used() == live


def test_with_a_phone_the_code_is_asked_however_well_it_was_delivered(
    office: Browser, live: SmsValues
) -> None:
    enter(office)
    office.post(PAGE, {"send": "1"})
    office.post(PAGE, {"live": "1"})
    assert used() == live


def test_the_waiting_account_reports_about_its_own_tests_alone(
    office: Browser, alice: User, browser: Browser, settings
) -> None:
    """WB-07: its token signs nothing about texts of the live account."""
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
        url = twilio_receipts.url_of(row.receipt_id)
        assert post(Client(), row, form, token=NEW.auth_token, url=url).status_code == 204
        row.refresh_from_db()
    assert (test.state, login.state) == (Delivery.State.DELIVERED, Delivery.State.ACCEPTED)


def test_discarding_forgets_them_and_is_told(
    administrator: Browser, root: User, live: SmsValues
) -> None:
    enter(administrator)
    OutboxMessage.objects.all().delete()
    administrator.post(DISCARD)
    assert AccountPolicy.load().candidate_since is None
    assert used() == live
    assert root.email in mailed("the SMS account was changed")


def test_entering_the_old_values_again_discards_the_new_ones(
    office: Browser, live: SmsValues
) -> None:
    enter(office)
    enter(office, live)
    assert AccountPolicy.load().candidate_since is None


def test_another_field_leaves_them_waiting(office: Browser) -> None:
    enter(office)
    since = AccountPolicy.load().candidate_since
    enter(office, NEW._replace(auth_token=""), contact="the new desk")
    assert AccountPolicy.load().candidate_since == since


def test_the_machine_makes_them_live_loudly(office: Browser, root: User, capsys) -> None:
    enter(office)
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("sms_account", "confirm")
    assert used() == NEW
    assert AuditEvent.objects.get(event=Event.SMS_CONFIRMED).details["way"] == "command"
    assert root.email in mailed("the SMS account was changed")
    assert NEW.auth_token not in capsys.readouterr().out


def test_the_machine_says_where_none_wait(policy: AccountPolicy) -> None:
    with pytest.raises(CommandError):
        call_command("sms_account", "confirm")
