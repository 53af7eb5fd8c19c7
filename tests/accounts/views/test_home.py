"""The home page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Tile, User
from mfa.models import Pause, RecoveryCode, SitePolicy
from tests.authenticator import give_app
from tests.conftest import give_codes, give_phone, make_user
from tests.organizations import join, organization
from tests.passkeys import give_passkey
from tests.portal_client import Browser


def test_home_greets_person_by_name(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    page = browser.get("/").content.decode()
    assert "Welcome, Alice" in page
    assert "number ending 01" in page


def test_home_asks_for_missing_phone(browser: Browser, bob: User, policy: SitePolicy) -> None:
    policy.enabled = False
    policy.save()
    browser.password(bob)
    page = browser.get("/").content.decode()
    assert "Your account has only a password." in page
    assert 'href="/me/phone/"' in page


def test_home_shows_how_person_logs_in(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert "a code that we text to the" in browser.get("/").content.decode()
    give_app(alice)
    page = browser.get("/").content.decode()
    assert "code from your authenticator app. Backup: text to the" in page
    alice.factors.filter(kind="phone").delete()
    page = browser.get("/").content.decode()
    assert "code from your authenticator app." in page
    assert "Backup" not in page


def test_home_names_a_passkey_first(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    give_passkey(alice)
    assert (
        "log in with a passkey. Backup: text to the <strong>number ending 01"
        in browser.get("/").text
    )
    alice.factors.filter(kind="phone").delete()
    for path in ("/", "/me/"):
        page = browser.get(path).text
        assert "You log in with a passkey." in page
        assert "Backup" not in page
        assert "just your password" not in page
    give_app(alice)
    assert "Backup: a code from your authenticator app." in browser.get("/").text


def test_home_shows_that_no_code_is_needed(browser: Browser, alice: User) -> None:
    """K19: a personal pause counts like MFA being off for everyone."""
    now = timezone.now()
    Pause.objects.create(user=alice, reason="x", started_at=now, until=now + timedelta(hours=1))
    browser.password(alice)
    page = browser.get("/").content.decode()
    assert "just your password for now" in page


def test_home_follows_rules_of_the_organization(browser: Browser, policy: SitePolicy) -> None:
    """The site requires MFA, and the person's organization has turned it off."""
    SitePolicy.note(may_relax_to="off")
    bob = join(make_user("bob@example.org"), organization("Acme", enforcement="off"))
    give_phone(bob, "+447700900201")
    browser.password(bob)
    assert "You log in with just your password for now." in browser.get("/").text


@pytest.mark.parametrize(("used", "shown"), [(6, False), (7, True), (9, True)])
def test_home_warns_about_few_recovery_codes(
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


def test_home_without_tasks_and_links_says_so(
    browser: Browser, other_browser: Browser, alice: User, root: User
) -> None:
    """Administrators are led to the links; everyone else reads that nothing is left to do."""
    browser.log_in(alice)
    other_browser.log_in(root)
    root.factors.filter(kind="recovery_codes").delete()
    tiles, calm = "/admin/accounts/tile/", "nothing you need to do"
    hers, theirs = (each.get("/").content.decode() for each in (browser, other_browser))
    assert (calm in hers, tiles in hers) == (True, False)
    assert (calm in theirs, f'href="{tiles}">Add links' in theirs) == (True, True)
    Tile.objects.create(title="Books", address="/books/")
    assert calm not in browser.get("/").content.decode()
    assert "Add links" not in other_browser.get("/").content.decode()
    Tile.objects.all().delete()
    alice.factors.all().delete()
    assert calm not in browser.get("/").content.decode()


def test_only_staff_see_link_to_admin(
    browser: Browser, other_browser: Browser, alice: User, root: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(root)
    assert "/admin/" not in browser.get("/").content.decode()
    assert "/admin/" in other_browser.get("/").content.decode()


def test_credentials_and_enable_flag_are_only_in_admin(browser: Browser, root: User) -> None:
    """A07."""
    browser.log_in(root)
    pages = "".join(browser.get(path).content.decode() for path in ("/", "/me/", "/me/phone/"))
    assert "sms_a" not in pages
    assert 'name="enabled"' not in pages


def test_charlie_sees_his_own_home(
    browser: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(charlie)
    page = other_browser.get("/").content.decode()
    assert "Welcome, Charlie" in page
    assert "Alice" not in page
