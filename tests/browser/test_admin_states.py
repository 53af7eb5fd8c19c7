"""States of the admin's pages: open tasks, faults, and mistakes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Tile, User
from mfa.models import ChannelHealth, Pause, Reason, SendBlock, SitePolicy, SmsAccount
from mfa.models.channel_health import mail_config
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of
from tests.browser.visitor import Visitor
from tests.conftest import give_phone, make_user
from tests.mfa.admin.test_sms_account import enter
from tests.portal.test_admin_step_up import prove
from tests.portal_client import Browser, code

pytestmark = pytest.mark.browser

POLICY = "/admin/mfa/accountpolicy/1/change/"


@pytest.fixture
def administrator(visit: Visit, office: Browser) -> Visitor:
    return visit().take_over(office)


def look(visitor: Visitor, words: str) -> None:
    visitor.reads(words)
    assert problems_of(visitor.page, own=False) == []


def test_account_policy_with_many_faults(administrator: Visitor) -> None:
    now = timezone.now()
    SmsAccount.note(
        tested_credentials="",
        is_trial=True,
    )
    ChannelHealth.note(
        texts_rest_since=now,
        texts_fault_reason=Reason.CREDENTIALS,
        mail_test_config=mail_config(),
        mail_test_reason=Reason.NETWORK,
    )
    administrator.open(POLICY)
    administrator.reads("This is a trial account")
    administrator.reads("Texts stopped")
    administrator.reads("the last test email failed")
    look(administrator, "No test message was verified with the current values.")


def test_account_policy_with_invalid_values(administrator: Visitor) -> None:
    SitePolicy.objects.update(enabled=False)
    SmsAccount.note(tested_credentials="")
    administrator.open(POLICY)
    administrator.reads("Before you can enable MFA:")
    administrator.write("SMS Account ID", "AC1")
    administrator.write("SMS Phone Number", "nonsense")
    administrator.press("Save")
    administrator.reads("An account ID starts with AC")
    look(administrator, "We can't read this as a phone number.")


def test_connection_test_stays_on_the_page_and_keeps_the_token(administrator: Visitor) -> None:
    administrator.open(POLICY)
    administrator.write("SMS Authentication Token", "typed" * 6)
    administrator.press("Test connection")
    administrator.reads("texts stay on the virtual phone", role="status")
    assert administrator.field("SMS Authentication Token").input_value() == "typed" * 6


def test_late_connection_test_leads_to_the_filled_form(
    administrator: Visitor, office: Browser, root: User
) -> None:
    """P03."""
    administrator.open(POLICY)
    administrator.write("SMS Account ID", "AC" + "1" * 32)
    administrator.write("SMS Authentication Token", "typed" * 6)
    prove(office)
    administrator.press("Test connection")
    look(administrator, "We keep what you typed for 10 minutes")
    administrator.press("Send Verification Code")
    administrator.give_code(code(root.factors.get(kind="phone").target))
    look(administrator, "We kept what you typed. Enter again: SMS Authentication Token.")
    assert administrator.field("SMS Account ID").input_value() == "AC" + "1" * 32
    assert administrator.field("SMS Authentication Token").input_value() == ""


def test_person_page_with_help_actions(administrator: Visitor, alice: User) -> None:
    administrator.open(f"/admin/accounts/user/{alice.pk}/change/")
    look(administrator, "Why they can or cannot log in")
    administrator.follow("Why they can or cannot log in")
    look(administrator, "Pause MFA for this user")
    administrator.follow("Log out everywhere")
    look(administrator, "Log out everywhere")
    administrator.follow("Cancel")
    administrator.follow("Reset second factor")
    look(administrator, "Reset second factor")


def test_pages_that_ask_first(administrator: Visitor, alice: User) -> None:
    now = timezone.now()
    SendBlock.objects.create(scope="+447546123", started_at=now, until=now + timedelta(days=1))
    administrator.open("/admin/mfa/sendblock/")
    administrator.follow("Allow texts again to +447546123…")
    look(administrator, "get texts again right away")
    administrator.open(f"/admin/accounts/user/{alice.pk}/change/")
    administrator.press("Require a new password")
    look(administrator, "1 person will be logged out everywhere")
    administrator.follow("Cancel")
    administrator.at("People")


def test_end_of_running_pause(administrator: Visitor, alice: User) -> None:
    now = timezone.now()
    Pause.objects.create(user=alice, reason="x", started_at=now, until=now + timedelta(hours=1))
    administrator.open(f"/support/people/{alice.pk}/pause/")
    look(administrator, "End the pause")


def test_pause_without_reason(administrator: Visitor, alice: User) -> None:
    administrator.open(f"/support/people/{alice.pk}/pause/")
    administrator.press("Pause MFA")
    look(administrator, "Enter a reason.")


def test_landline_form_error_page(administrator: Visitor, alice: User) -> None:
    administrator.open(f"/support/people/{alice.pk}/number/")
    administrator.write("Mobile number", "020 7946 0000")
    administrator.press("Save")
    look(administrator, "looks like a landline")


def test_person_added_without_email(administrator: Visitor) -> None:
    administrator.open("/admin/accounts/user/add/")
    administrator.page.locator("[name=_save]").click()
    look(administrator, "This field is required.")


def test_test_message_that_failed(administrator: Visitor) -> None:
    administrator.open("/admin/mfa/accountpolicy/test-message/")
    administrator.write("Mobile number", "+447700900001")
    administrator.press("Send test message")
    look(administrator, "Test message to the number ending 01")


def test_checklist_before_mfa_was_enabled(administrator: Visitor) -> None:
    SitePolicy.objects.update(enabled=False, first_enabled_at=None)
    SmsAccount.note(tested_credentials="")
    administrator.open("/admin/")
    look(administrator, "Set up two-step verification")


def test_new_sms_account_that_waits(administrator: Visitor, office: Browser) -> None:
    enter(office)
    administrator.open("/admin/mfa/accountpolicy/sms-account/")
    look(administrator, "Confirm the new SMS account")
    administrator.press("Send test message")
    administrator.write("Code", "12")
    administrator.press("Use the new values")
    administrator.reads("That code is too short")
    look(administrator, "Send another test message")


def test_lists_with_and_without_result(administrator: Visitor, alice: User) -> None:
    for path in ("/admin/accounts/user/", "/admin/mfa/auditevent/"):
        for term in (alice.email, "nobody"):
            administrator.open(f"{path}?q={term}")
            look(administrator, "Search")


def test_saved_link_and_question_before_deletion(administrator: Visitor) -> None:
    """The message links to the page that was saved."""
    tile = Tile.objects.create(title="Handbook", address="https://example.org/", icon="document")
    administrator.open(f"/admin/accounts/tile/{tile.pk}/change/")
    administrator.press("Save and continue editing")
    look(administrator, "was changed successfully")
    administrator.open("/admin/accounts/tile/")
    administrator.page.locator(".action-select").check()
    administrator.page.locator("[name=action]").select_option("delete_selected")
    administrator.page.locator("[name=index]").click()
    look(administrator, "Are you sure")


def test_limits_for_support(visit: Visit, policy: SitePolicy) -> None:
    dana = make_user("dana@example.org", is_staff=True)
    dana.groups.add(Group.objects.get(name="Support"))
    give_phone(dana, "+447700900207")
    now = timezone.now()
    SendBlock.objects.create(scope="+447546123", started_at=now, until=now + timedelta(days=1))
    browser = Browser()
    browser.log_in(dana)
    visitor = visit().take_over(browser)
    visitor.open("/admin/mfa/sendblock/")
    look(visitor, "Send blocks")
