"""The home page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.models import AccountPolicy, Pause, RecoveryCode
from tests.authenticator import give_app
from tests.conftest import give_codes
from tests.portal_client import Browser


def test_it_welcomes_by_name(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    page = browser.get("/").content.decode()
    assert "Welcome, Alice" in page
    assert "number ending 01" in page


def test_it_lists_the_last_five_events(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post("/logout/")
    browser.log_in(alice)
    assert len(browser.get("/").context["last_events"]) == 5


def test_without_a_phone_it_asks_for_one(
    browser: Browser, bob: User, policy: AccountPolicy
) -> None:
    policy.enabled = False
    policy.save()
    browser.password(bob)
    page = browser.get("/").content.decode()
    assert "Your account has only a password." in page
    assert 'href="/me/phone/"' in page


def test_it_says_what_a_login_asks_for(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert "we text a code to the" in browser.get("/").content.decode()
    give_app(alice)
    page = browser.get("/").content.decode()
    assert "your authenticator app (<strong>Work phone</strong>) shows the code" in page
    assert "only when you ask for it" in page
    alice.factors.filter(kind="phone").delete()
    page = browser.get("/").content.decode()
    assert "Work phone" in page
    assert "You have no phone number here." in page


def test_while_no_code_is_asked_for_it_says_so(browser: Browser, alice: User) -> None:
    """K19: a pause of her own counts as much as a switch for all."""
    now = timezone.now()
    Pause.objects.create(user=alice, reason="x", started_at=now, until=now + timedelta(hours=1))
    browser.password(alice)
    page = browser.get("/").content.decode()
    assert "only your password at the moment" in page


@pytest.mark.parametrize(("used", "shown"), [(6, False), (7, True), (9, True)])
def test_who_has_few_recovery_codes_left_reads_so(
    browser: Browser, alice: User, *, used: int, shown: bool
) -> None:
    """LK-01."""
    give_codes(alice)
    browser.log_in(alice)
    spent = RecoveryCode.objects.values_list("pk")[:used]
    RecoveryCode.objects.filter(pk__in=spent).update(used_at=timezone.now())
    page = browser.get("/").content.decode()
    assert (f"You have {10 - used} recovery code" in page) is shown
    assert ('href="/me/security/codes/"' in page) is shown


def test_only_staff_see_the_way_to_the_administration(
    browser: Browser, other_browser: Browser, alice: User, root: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(root)
    assert "/admin/" not in browser.get("/").content.decode()
    assert "/admin/" in other_browser.get("/").content.decode()


def test_no_credential_and_no_switch_is_outside_the_administration(
    browser: Browser, root: User
) -> None:
    """A07."""
    browser.log_in(root)
    pages = "".join(browser.get(path).content.decode() for path in ("/", "/me/", "/me/phone/"))
    assert "sms_a" not in pages
    assert 'name="enabled"' not in pages


def test_charlie_sees_his_own(
    browser: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(charlie)
    page = other_browser.get("/").content.decode()
    assert "Welcome, Charlie" in page
    assert "Alice" not in page
    mine = {event.user_id for event in other_browser.get("/").context["last_events"]}
    assert mine == {charlie.pk}
