"""A partner's rules above those of its clients (D03, E11, org4). Alice manages Acme."""

from html import unescape

import pytest

from accounts.models import Membership, Organization, OrganizationPolicy, User
from mfa.models import AuditEvent, SitePolicy
from tests.accounts.views.organizations.pages import text
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser

PAGE = "/organizations/acme/clients/security/"


@pytest.fixture
def relaxed(policy: SitePolicy) -> SitePolicy:
    """A site that lets organizations decide."""
    settings(policy, may_relax_to="off")
    return policy


@pytest.fixture
def dora(managing: Browser) -> User:
    """A member of the client organization."""
    globex = Organization.objects.get(slug="globex")
    settings(globex.own, enforcement="off")
    return join(make_user("dora@example.org"), globex)


def above() -> OrganizationPolicy:
    return Organization.objects.get(slug="acme").for_clients


def save(browser: Browser, **sent: object) -> str:
    return browser.post(PAGE, {"confirmed": "1", **sent}, follow=True).content.decode()


def test_partner_requires_mfa_of_clients_and_leaves_it_to_them_again(
    managing: Browser, relaxed: SitePolicy, dora: User, bob: User
) -> None:
    assert "Rules for our clients" in text(managing, "/organizations/acme/clients/")
    shown = text(managing, PAGE)
    assert "checked" not in shown.split('name="enabled"')[1].split(">")[0]
    assert "Decided by: the portal. You can turn MFA on or off." in shown
    preview = managing.post(PAGE, {"enabled": "on", "methods": ["phone"]}).content.decode()
    assert "Everyone sets up a phone, and uses it to log in." in preview
    assert "1 person" in preview
    assert User.objects.get(pk=dora.pk).mfa_policy.enforcement == "off"
    assert "Saved." in save(managing, enabled="on", methods=["phone"])
    assert User.objects.get(pk=dora.pk).mfa_policy.enforcement == "required"
    assert User.objects.get(pk=bob.pk).mfa_policy.decided_by.get("methods") is None
    globex = text(managing, "/organizations/globex/security/")
    assert "Decided by: Acme. MFA is required above, so you can't loosen it." in unescape(globex)
    assert "You can choose from: phone." in globex
    assert "Decided by: Acme. You can choose from" in text(managing, PAGE)
    save(managing)
    assert User.objects.get(pk=dora.pk).mfa_policy.enforcement == "off"
    fields = [each.details["fields"] for each in AuditEvent.objects.filter(event="rules_changed")]
    assert fields == [
        ["enforcement", "methods", "skips_from", "trusts_from"],
        ["enforcement", "methods", "trusts_from"],
    ]


def test_off_by_administrator_is_kept(managing: Browser, relaxed: SitePolicy) -> None:
    settings(above(), enforcement="off")
    save(managing, methods=["phone"])
    assert (above().enforcement, above().methods) == ("off", ["phone"])


def test_rules_that_leave_clients_no_method_are_refused(
    managing: Browser, relaxed: SitePolicy, dora: User
) -> None:
    settings(Organization.objects.get(slug="globex").own, methods=["app"])
    refused = save(managing, enabled="on", methods=["phone"])
    assert "These rules together leave no method: Acme, Globex." in refused
    settings(Organization.objects.get(slug="globex").own, methods=[])
    join(dora, organization("Other", methods=["app"]))
    refused = save(managing, enabled="on", methods=["phone"])
    assert "leave these people no method: dora@example.org." in refused
    assert above().methods == []


def test_only_partners_managers_see_the_page(
    managing: Browser, other_browser: Browser, dora: User, bob: User
) -> None:
    """A client's manager, and a client organization's address."""
    give_phone(dora, "+447700900271")
    Membership.objects.filter(user=dora).update(role=MANAGER)
    other_browser.log_in(User.objects.get(pk=dora.pk))
    for browser, page in (
        (other_browser, PAGE),
        (other_browser, PAGE.replace("acme", "globex")),
        (managing, PAGE.replace("acme", "globex")),
    ):
        assert browser.get(page).status_code == 404
        assert browser.post(page, {"confirmed": "1", "enabled": "on"}).status_code == 404
    assert (above().enforcement, above().methods) == ("", [])


@pytest.mark.parametrize("ended", ["role", "membership"])
def test_manager_who_left_saves_nothing_in_open_page(
    managing: Browser, relaxed: SitePolicy, alice: User, bob: User, ended: str
) -> None:
    """org2: between the preview and its button."""
    managing.post(PAGE, {"enabled": "on"})
    join(alice, organization("Elsewhere"))
    mine = Membership.objects.filter(user=alice, organization__slug="acme")
    mine.update(**({"role": "member"} if ended == "role" else {"ended_at": alice.date_joined}))
    answer = managing.post(PAGE, {"confirmed": "1", "enabled": "on"})
    assert answer.status_code == {"role": 403, "membership": 404}[ended]
    assert above().enforcement == ""
