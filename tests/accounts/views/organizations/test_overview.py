"""What a manager sees: the organization, its people and its clients (D20, E01, E11)."""

import pytest

from accounts.models import Membership, Organization, User
from accounts.organizations import people
from tests.accounts.views.organizations.pages import ACME, page_of, text
from tests.conftest import give_phone
from tests.organizations import join, organization
from tests.portal_client import PASSWORD, Browser


def test_manager_finds_own_people_and_sees_their_state(
    managing: Browser, bob: User, charlie: User
) -> None:
    assert "Organization Details" in text(managing, ACME)
    details = text(managing, f"{ACME}details/")
    assert "Bob" in details
    assert "Two-step verification is not set up" in details
    assert "charlie@example.org" not in details
    assert "People without a phone number" in text(managing, f"{ACME}people/")
    give_phone(bob, "+447700900233")
    assert "People without a phone number" not in text(managing, f"{ACME}people/")
    assert "Two-step verification is set up" in text(managing, f"{ACME}details/")
    bob.factors.get().delete()
    assert "Has no verification method left" in text(managing, f"{ACME}details/")
    give_phone(bob, "+447700900233")
    assert "Bob" in text(managing, f"{ACME}people/?q=bob@exam")
    assert "Bob" in text(managing, f"{ACME}people/?q=0233")
    assert "No one found" in text(managing, f"{ACME}people/?q=charlie")


def test_list_of_people_without_number_says_how_many_it_looked_at(
    managing: Browser, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = "Only the newest 1 people are looked at here."
    assert limit not in text(managing, f"{ACME}people/")
    monkeypatch.setattr(people, "MOST_LOOKED_AT", 1)
    assert limit in text(managing, f"{ACME}people/")
    give_phone(bob, "+447700900233")
    shown = text(managing, f"{ACME}people/")
    assert limit in shown
    assert f"{ACME}report/" in shown


def test_search_that_matches_very_many_people_finds_only_members(
    managing: Browser, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_MATCHES", 1)
    found = text(managing, f"{ACME}people/?q=example.org")
    assert "Bob" in found
    assert "Alice" in found
    assert "Charlie" not in found


def test_manager_reaches_clients_and_their_people(managing: Browser, charlie: User) -> None:
    join(charlie, Organization.objects.get(slug="globex"))
    assert "Globex" in text(managing, f"{ACME}clients/")
    assert "Charlie" in text(managing, "/organizations/globex/people/")
    assert "Reset Two Factor" in text(managing, page_of(charlie, "globex"))


def test_menu_has_a_drop_down_for_people_and_one_for_rules(managing: Browser, alice: User) -> None:
    """D04, E02, E11: clients are managed by partners, not by clients."""
    menu = text(managing, "/").split('aria-label="Main"')[1].split("</nav>")[0]
    admin, configurations = menu.split("<summary>")[1:]
    assert admin.startswith("Admin<")
    assert f'href="{ACME}people/"' in admin
    assert f'href="{ACME}clients/"' in admin
    assert configurations.startswith("Configurations<")
    assert f'href="{ACME}security/"' in configurations
    Organization.objects.filter(slug="acme").update(parent=organization("Above"))
    assert "Manage Clients" not in text(managing, "/")


def test_managed_people_are_paged(managing: Browser) -> None:
    acme = Organization.objects.get(slug="acme")
    many = [User(email=f"m{number:03}@example.org", password=PASSWORD) for number in range(60)]
    User.objects.bulk_create(many)
    Membership.objects.bulk_create(Membership(user=user, organization=acme) for user in many)
    first = text(managing, f"{ACME}people/")
    assert "m059@" in first
    assert "m034@" not in first
    last = Membership.objects.get(user__email="m035@example.org")
    assert f"before={last.pk}" in first
    second = text(managing, f"{ACME}people/?before={last.pk}")
    assert "m034@" in second
    for odd in ("x", "-1", "9" * 30, "٣"):
        assert managing.get(f"{ACME}people/", {"before": odd}).status_code == 200
