"""States of the administration's pages: what is still to do, what is out of order, mistakes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from mfa.models import AccountPolicy, Brake, Pause, Reason
from mfa.models.policies import mail_config
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of
from tests.browser.visitor import Visitor
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

pytestmark = pytest.mark.browser

POLICY = "/admin/mfa/accountpolicy/1/change/"


@pytest.fixture
def administrator(visit: Visit, office: Browser) -> Visitor:
    return visit().take_over(office)


def look(visitor: Visitor, words: str) -> None:
    visitor.reads(words)
    assert problems_of(visitor.page, own=False) == []


def test_the_account_policy_while_much_is_out_of_order(administrator: Visitor) -> None:
    now = timezone.now()
    AccountPolicy.objects.update(
        tested_credentials="",
        is_trial=True,
        texts_rest_since=now,
        texts_fault_reason=Reason.CREDENTIALS,
        mail_test_config=mail_config(),
        mail_test_reason=Reason.NETWORK,
    )
    administrator.open(POLICY)
    administrator.reads("This is a trial account")
    administrator.reads("Texts have not been going out")
    administrator.reads("the last test mail failed")
    look(administrator, "MFA is on with values that no test message has been typed back with.")


def test_the_account_policy_filled_in_wrongly(administrator: Visitor) -> None:
    AccountPolicy.objects.update(enabled=False, tested_credentials="")
    administrator.open(POLICY)
    administrator.reads("Before it can be enabled:")
    administrator.write("SMS Account ID:", "AC1")
    administrator.write("SMS Phone Number:", "nonsense")
    administrator.press("Save")
    administrator.reads("An account ID starts with AC")
    look(administrator, "We cannot read this as a phone number.")


def test_a_person_who_may_be_helped(administrator: Visitor, alice: User) -> None:
    administrator.open(f"/admin/accounts/user/{alice.pk}/change/")
    look(administrator, "Pause MFA for this user")


def test_a_pause_without_a_reason_beside_one_that_runs(administrator: Visitor, alice: User) -> None:
    now = timezone.now()
    Pause.objects.create(user=alice, reason="x", started_at=now, until=now + timedelta(hours=1))
    administrator.open(f"/admin/mfa/pause/person/{alice.pk}/")
    administrator.press("Pause MFA")
    administrator.reads("A pause runs already")
    look(administrator, "This field is required.")


def test_a_landline_for_a_person(administrator: Visitor, alice: User) -> None:
    administrator.open(f"/admin/mfa/factor/person/{alice.pk}/")
    administrator.write("Mobile number", "020 7946 0000")
    administrator.press("Save")
    look(administrator, "looks like a landline")


def test_a_person_added_without_an_email(administrator: Visitor) -> None:
    administrator.open("/admin/accounts/user/add/")
    administrator.page.locator("[name=_save]").click()
    look(administrator, "This field is required.")


def test_a_test_message_that_failed(administrator: Visitor) -> None:
    administrator.open("/admin/mfa/accountpolicy/test-message/")
    administrator.write("Mobile number", "+447700900001")
    administrator.press("Send test message")
    look(administrator, "Test message to the number ending 01")


def test_limits_as_support_reads_them(visit: Visit, policy: AccountPolicy) -> None:
    dana = make_user("dana@example.org", is_staff=True)
    dana.groups.add(Group.objects.get(name="Support"))
    give_phone(dana, "+447700900207")
    now = timezone.now()
    Brake.objects.create(scope="+447546123", started_at=now, until=now + timedelta(days=1))
    browser = Browser()
    browser.log_in(dana)
    visitor = visit().take_over(browser)
    visitor.open("/admin/mfa/brake/")
    look(visitor, "Numbers that get no texts for a while")
