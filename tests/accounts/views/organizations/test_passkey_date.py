"""An organization's date from which everyone needs a passkey, as its manager sets it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Organization, OrganizationPolicy, User
from tests.organizations import join, settings
from tests.passkeys import give_passkey
from tests.portal_client import Browser

PAGE, CLIENTS = "/organizations/acme/security/", "/organizations/acme/clients/security/"


def own() -> OrganizationPolicy:
    return Organization.objects.get(slug="acme").own


def said(browser: Browser, page: str = PAGE, **sent: object) -> str:
    return browser.post(page, {"enabled": "on", **sent}, follow=True).content.decode()


def tomorrow() -> str:
    return (timezone.localdate() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize("page", [PAGE, CLIENTS])
def test_manager_sets_a_date_after_a_preview(
    managing: Browser, alice: User, bob: User, page: str
) -> None:
    assert "Enter a date in the future." in said(
        managing, page, passkeys_from=timezone.localdate().isoformat()
    )
    assert "Set up a passkey yourself first." in said(managing, page, passkeys_from=tomorrow())
    give_passkey(alice)
    day = timezone.localdate() + timedelta(days=1)
    shown = said(managing, page, passkeys_from=tomorrow())
    assert f"From {day.day} {day:%B %Y}, everyone needs a passkey." in shown
    if page == PAGE:
        assert ": 1 person will be asked to set up a passkey at the next login" in shown
        people = managing.post(
            f"{PAGE}affected/", {"enabled": "on", "passkeys_from": tomorrow()}
        ).content.decode()
        assert "bob@example.org: must set up a passkey" in people
    assert own().passkeys_from is None
    assert "Saved." in said(managing, page, passkeys_from=tomorrow(), confirmed="1")
    acme = Organization.objects.get(slug="acme")
    level = acme.own if page == PAGE else acme.for_clients
    assert timezone.localdate(level.passkeys_from) == day
    shown = managing.get(page).content.decode()
    assert f'value="{day.isoformat()}"' in shown
    assert "Decided by: Acme." in shown


def test_date_that_is_over_stays_with_its_time(managing: Browser, alice: User) -> None:
    """It is saved unchanged with other rules, and clearing it ends the demand."""
    give_passkey(alice)
    at = timezone.now() - timedelta(days=2, minutes=7)
    settings(own(), passkeys_from=at)
    day = timezone.localdate(at).isoformat()
    assert "Saved." in said(
        managing, passkeys_from=day, methods=["app", "passkey", "phone"], confirmed="1"
    )
    assert own().passkeys_from == at
    listed = managing.post(f"{PAGE}affected/", {"enabled": "on", "passkeys_from": day})
    assert listed.status_code == 200
    after = said(managing, methods=["app", "passkey", "phone"])
    assert "Everyone sets up a phone, an authenticator app or a passkey" in after
    said(managing, methods=["app", "passkey", "phone"], confirmed="1")
    assert own().passkeys_from is None


def test_rules_of_another_level_without_passkeys_are_named(managing: Browser, alice: User) -> None:
    give_passkey(alice)
    shown = said(managing, passkeys_from=tomorrow(), methods=["phone"])
    assert "These rules together require passkeys but do not allow them: Acme." in shown


def test_date_of_the_level_above_is_named(managing: Browser, alice: User, bob: User) -> None:
    globex = Organization.objects.get(slug="globex")
    join(bob, globex)
    at = timezone.now() + timedelta(days=30)
    settings(globex.parent.for_clients, passkeys_from=at)
    shown = managing.get("/organizations/globex/security/").content.decode()
    day = timezone.localdate(at)
    assert f"The levels above require it from {day.day} {day:%B %Y}." in shown
