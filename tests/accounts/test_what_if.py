"""What-if: the whole path of one person, as a command and as a page of support."""

import json
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from mfa.models import SitePolicy
from tests.conftest import make_user
from tests.journeys.conftest import office
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser

__all__ = ["office"]


def what_if(email: str, *options: str) -> str:
    out = StringIO()
    call_command("whatif", email, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def mia(policy: SitePolicy) -> User:
    """A manager of a partner's client, where five levels apply."""
    settings(policy, may_relax_to="optional", enforcement="required", home_region="GB")
    partner = organization("Partner")
    settings(partner.for_clients, enforcement="optional", methods=["app", "recovery_codes"])
    clinic = organization("Clinic", partner, session_hours=2, new_device_email=False)
    return join(make_user("mia@example.org"), clinic, role=MANAGER)


def test_command_shows_levels_and_what_each_decides(mia: User) -> None:
    said = what_if("Mia@example.org")
    assert "Account Policy\n  - MFA requirement: Required\n" in said
    assert "Home country: United Kingdom" in said
    assert "Partner: our clients\n" in said
    assert "  * Methods: authenticator app, recovery codes\n" in said
    assert "Clinic\n" in said
    assert "  * Session length: 120 minutes\n" in said
    assert "Email code on a new device: No" in said
    assert "Role: manager\n  * MFA requirement: Required\n" in said
    assert "Everyone sets up an authenticator app, and uses it to log in." in said
    assert "asked to set up" in said


def test_json_holds_the_same(mia: User) -> None:
    found = json.loads(what_if(mia.email, "--json"))
    titles = [level["title"] for level in found["levels"]]
    assert titles == ["Account Policy", "Partner: our clients", "Clinic", "Role: manager"]
    assert found["sentence"].startswith("Everyone sets up")


def test_dates_for_passkeys_are_shown_where_they_apply(bob: User, policy: SitePolicy) -> None:
    over, later = "2026-01-02T12:00+00:00", "2099-03-01T12:00+00:00"
    settings(policy, staff_passkeys_from=datetime.fromisoformat(over))
    join(bob, organization("Vault", passkeys_from=datetime.fromisoformat(later)))
    said = what_if(bob.email)
    assert "Vault\n  * Everyone needs a passkey from: 1 March 2099, 12:00 UTC\n" in said
    assert "From 1 March 2099, everyone needs a passkey." in said

    User.objects.filter(pk=bob.pk).update(is_staff=True)
    said = what_if(bob.email)
    staff = said.partition("Role: staff\n")[2]
    assert "  * People with a passkey log in: Everyone needs a passkey\n" in staff
    assert "  * Everyone needs a passkey from: 2 January 2026, 12:00 UTC\n" in staff
    assert "Everyone sets up a passkey, and uses it to log in." in said
    assert "Other methods only lead to this setup." in said


def test_person_outside_mfa_is_named_so(bob: User, policy: SitePolicy) -> None:
    settings(policy, enabled=False, text_countries=["GB"])
    said = what_if(bob.email)
    assert "MFA does not apply to this person." in said
    assert "Guernsey" in said


def test_unknown_email_is_an_error(policy: SitePolicy) -> None:
    with pytest.raises(CommandError) as error:
        what_if("none@example.org")
    assert error.value.returncode == 2


def test_support_reads_it_on_a_page_linked_from_the_person(office: Browser, mia: User) -> None:
    person = f"/support/people/{mia.pk}/"
    assert f'href="{person}what-if/"' in office.get(person).content.decode()
    shown = office.get(f"{person}what-if/").content.decode()
    assert "Methods: authenticator app, recovery codes <strong>(decides)</strong>" in shown
    admin = office.get(f"/admin/accounts/user/{mia.pk}/change/").content.decode()
    assert f'href="{person}what-if/"' in admin
