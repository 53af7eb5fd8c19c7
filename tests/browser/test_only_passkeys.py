"""A date from which everyone needs a passkey, in Chromium: the manager's rules and the login."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.browser.inspection import look
from tests.browser.test_passkeys import DEVICE, Authenticator
from tests.organizations import MANAGER, join, organization, settings
from tests.passkeys import give_passkey
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.browser]


@pytest.fixture(autouse=True)
def _at_home(settings, live_server) -> None:
    """Passkeys belong to the address of the portal."""
    settings.BASE_URL = live_server.url


def day_of(days: int) -> str:
    at = timezone.localdate() + timedelta(days=days)
    return f"{at.day} {at:%B %Y}"


def test_code_by_text_leads_to_a_passkey(visit: Visit, alice: User) -> None:
    acme = organization("Acme", passkeys_from=timezone.now() + timedelta(days=3))
    join(alice, acme)
    visitor = visit(width=PHONE)
    Authenticator(visitor, **DEVICE)
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.reads(f"From {day_of(3)}, you need a passkey to log in.")
    look(visitor, "Enter your login code")
    visitor.give_code(code("+447700900201"))
    visitor.at("Welcome, Alice")
    visitor.reads(f"From {day_of(3)}, you need a passkey to log in.")
    look(visitor, "Welcome, Alice")

    settings(Organization.objects.get(pk=acme.pk).own, passkeys_from=timezone.now())
    visitor.context.clear_cookies()
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.give_code(code("+447700900201"))
    visitor.reads("Your other methods only lead to this page.")
    look(visitor, "Set up a passkey")
    visitor.press("Create a passkey")
    # The browser offers the new passkey beside the email at once.
    visitor.at("Welcome, Alice")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_manager_sets_the_date(
    visit: Visit, browser: Browser, alice: User, bob: User, width: int
) -> None:
    join(alice, acme := organization("Acme"), role=MANAGER)
    join(bob, acme)
    browser.log_in(alice)
    give_passkey(alice)
    visitor = visit(width=width).take_over(browser)
    visitor.open("/organizations/acme/security/")
    day = timezone.localdate() + timedelta(days=3)
    visitor.field("Everyone needs a passkey from").fill(day.isoformat())
    look(visitor, "Client Users")
    visitor.press("Save")
    visitor.reads(f"From {day_of(3)}, everyone needs a passkey.")
    visitor.reads(f"From {day_of(3)}: 1 person will be asked to set up a passkey")
    look(visitor, "Change the rules?")
    visitor.press("Save")
    visitor.reads("Saved.", role="status")
    visitor.open("/organizations/acme/report/")
    visitor.reads("Passkey: 1 person (50%)")
    look(visitor, "Enrollment report")
