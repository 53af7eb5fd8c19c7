"""The rules of an organization, as its manager sets them (D01-D05, D10, K8, K9, K18, pol4)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, Organization, OrganizationPolicy, User
from mfa import factors
from mfa.models import AuditEvent, Event, Factor, SitePolicy
from mfa.models.channel_health import ChannelHealth, mail_config
from tests.conftest import give_phone
from tests.organizations import join, organization, settings
from tests.portal_client import Browser, code

PAGE = "/organizations/acme/security/"
PEOPLE = "/organizations/acme/people/"
SWITCH = f"{PEOPLE}two-factor/"


@pytest.fixture
def relaxed(policy: SitePolicy) -> SitePolicy:
    """A site that lets organizations decide."""
    settings(policy, may_relax_to="off")
    return policy


def own() -> OrganizationPolicy:
    return Organization.objects.get(slug="acme").own


def said(browser: Browser, **sent: object) -> str:
    """Post the form, and return the page that comes."""
    return browser.post(PAGE, sent, follow=True).content.decode()


def save(browser: Browser, **sent: object) -> str:
    return said(browser, confirmed="1", **sent)


def test_manager_turns_mfa_off_and_on_after_a_preview(
    managing: Browser, relaxed: SitePolicy, bob: User, charlie: User
) -> None:
    """D04, D10: the saved state survives a reload, and everyone enrolls again."""
    join(charlie, Organization.objects.get(slug="acme"))
    shown = managing.get(PAGE).content.decode()
    assert "Multi Factor Authentication (MFA)" in shown
    assert "checked" in shown.split('name="enabled"')[1].split(">")[0]
    assert "People log in with just their password." in said(managing)
    assert own().enforcement == ""
    assert "Nothing has changed." in said(managing, enabled="on")
    assert "Saved." in save(managing)
    assert User.objects.get(pk=bob.pk).mfa_policy.enforcement == "off"
    assert (
        "checked"
        not in managing.get(PAGE).content.decode().split('name="enabled"')[1].split(">")[0]
    )

    before = list(Factor.objects.order_by("pk").values())
    preview = said(managing, enabled="on")
    assert (
        "Everyone sets up a phone, an authenticator app, a passkey or approval on a phone, "
        "and uses it to log in." in preview
    )
    assert "3 people will be asked to set up a phone at their next login, " in preview
    assert "1 of them has no usable number, 1 is logged in now." in preview
    assert "People who set up MFA earlier set it up again." in preview
    save(managing, enabled="on")
    assert User.objects.get(pk=charlie.pk).mfa_policy.enroll_again_from is not None
    assert list(Factor.objects.order_by("pk").values()) == before
    fields = [each.details["fields"] for each in AuditEvent.objects.filter(event="rules_changed")]
    assert fields == [
        ["enforcement", "trusts_from"],
        ["enforcement", "skips_from", "enroll_again_from", "trusts_from"],
    ]


def test_stale_preview_is_shown_again_before_it_is_saved(
    managing: Browser, relaxed: SitePolicy
) -> None:
    """The partner's manager changes the rules while a manager reads the preview."""
    seen = re.search(r'name="seen" value="([^"]+)"', said(managing))[1]
    assert (
        seen == "Everyone sets up a phone, an authenticator app, a passkey or approval on a phone, "
        "and uses it to log in."
    )
    settings(own(), methods=["phone"])
    again = save(managing, seen=seen)
    assert "The rules changed while this page was open. Nothing is saved yet." in again
    assert own().enforcement == ""
    shown = re.search(r'name="seen" value="([^"]+)"', again)[1]
    assert "Saved." in save(managing, seen=shown)
    assert own().enforcement == "off"


def test_demoted_manager_saves_nothing_from_an_open_preview(
    managing: Browser, relaxed: SitePolicy
) -> None:
    assert "Change the rules?" in said(managing)
    Membership.objects.filter(role="manager").update(role="member")
    assert managing.post(PAGE, {"confirmed": "1"}).status_code == 403
    assert own().enforcement == ""
    assert AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED).count() == 1


def test_organization_that_keeps_factors_asks_nobody_to_enroll_again(
    managing: Browser, relaxed: SitePolicy
) -> None:
    settings(own(), on_reenable="keep")
    save(managing)
    save(managing, enabled="on")
    assert own().enroll_again_from is None


def test_opt_out_is_off_by_default_and_saved(
    managing: Browser, other_browser: Browser, relaxed: SitePolicy, bob: User
) -> None:
    """D03, D14, and K18: from optional to required, earlier skips are forgotten."""
    save(managing, enabled="on")
    assert own().enforcement == "required"
    save(managing, enabled="on", opt_out="on")
    other_browser.password(bob)
    assert other_browser.post("/login/skip/").url == "/"
    save(managing, enabled="on")
    other_browser.post("/logout/")
    assert other_browser.password(bob).url == "/login/enroll/phone/"
    assert other_browser.post("/login/skip/").status_code == 403


def test_deadline_is_a_future_day_with_opt_out(managing: Browser, relaxed: SitePolicy) -> None:
    today = timezone.localdate()
    for day, words in (
        (today, "Enter a date in the future."),
        (today - timedelta(days=400), "Enter a date in the future."),
    ):
        assert words in save(managing, enabled="on", opt_out="on", deadline=day.isoformat())
    tomorrow = today + timedelta(days=1)
    assert "Tick “Allow opt-out”" in save(managing, enabled="on", deadline=tomorrow.isoformat())
    assert own().deadline is None
    preview = said(managing, enabled="on", opt_out="on", deadline=tomorrow.isoformat())
    assert "everyone must." in preview
    save(managing, enabled="on", opt_out="on", deadline=tomorrow.isoformat())
    assert timezone.localdate(own().deadline) == tomorrow


@pytest.mark.parametrize("sent", [{}, {"enabled": "on", "opt_out": "on"}])
def test_site_that_requires_mfa_locks_the_form(managing: Browser, sent: dict[str, str]) -> None:
    """K11: organizations only tighten, unless the site lets them."""
    assert "The portal requires more. You can only make it stricter." in save(managing, **sent)
    assert own().enforcement == ""


def test_manager_must_hold_one_of_the_methods(managing: Browser) -> None:
    """pol4: the manager has only a phone."""
    assert "Set up one of these methods yourself first." in save(
        managing, enabled="on", methods=["app"]
    )
    assert own().methods == []
    save(managing, enabled="on", methods=["phone"])
    assert own().methods == ["phone"]


def test_rules_can_allow_just_email_once_emails_were_tested(
    managing: Browser, policy: SitePolicy, bob: User
) -> None:
    """D01, D11, A26: the preview says what people set up. The manager keeps the phone."""
    sent = {"enabled": "on", "methods": ["email"]}
    assert "These rules together leave no method: Acme." in save(managing, **sent)
    settings(policy, methods=["push", "phone", "email", "app", "passkey"])
    push = save(managing, enabled="on", methods=["push"])
    assert "approval on a phone, which this portal can&#x27;t offer yet" in push
    settings(policy, methods=["phone", "email", "app", "passkey"])
    page = managing.get(PAGE).content.decode()
    assert "You can choose from: phone, email, authenticator app or passkey." in page
    assert "Emails of this portal are not tested yet." in save(managing, **sent)
    ChannelHealth.note(mail_test_config=mail_config(), mail_tested_at=timezone.now())
    assert "Anyone who controls the mailbox controls the account." in page
    preview = said(managing, **sent)
    assert "Everyone sets up an email, and uses it to log in." in preview
    assert "Saved." in save(managing, **sent)
    assert "checked" in managing.get(PAGE).content.decode().split('value="email"')[1].split(">")[0]
    assert User.objects.get(pk=bob.pk).mfa_policy.methods == {"email"}
    manager = User.objects.get(email="alice@example.org")
    assert manager.mfa_policy.methods == {"phone", "app", "passkey"}
    assert managing.get(PAGE).status_code == 200


def test_email_is_no_method_of_a_manager(managing: Browser, policy: SitePolicy) -> None:
    """pol4: one who has only an email sets up a phone or app first, and opens no page of others."""
    settings(policy, methods=["phone", "email", "app"])
    alice = User.objects.get(email="alice@example.org")
    alice.factors.update(kind="email", target=alice.email)
    assert "Set up a phone, app or passkey first" in managing.get(PAGE).content.decode()
    assert not factors.holds_one_of(alice, ["email", "phone"])


def test_rules_that_leave_no_method_are_refused_with_levels(
    managing: Browser, policy: SitePolicy
) -> None:
    settings(policy, methods=["phone"])
    refused = save(managing, enabled="on", methods=["app", "recovery_codes"])
    assert "These rules together leave no method: site, Acme." in refused
    assert own().methods == []


def test_person_with_conflicting_rules_elsewhere_is_named(managing: Browser, bob: User) -> None:
    join(bob, organization("Other", methods=["app"]))
    refused = save(managing, enabled="on", methods=["phone"])
    assert "leave these people no method: bob@example.org." in refused
    assert "Other" not in refused.split("leave these people")[0].rsplit("<", 1)[1]
    assert own().methods == []


def test_client_is_bound_by_partner_too(managing: Browser, relaxed: SitePolicy) -> None:
    acme = Organization.objects.get(slug="acme")
    settings(acme.for_clients, enforcement="required")
    page = PAGE.replace("acme", "globex")
    answer = managing.post(page, {"confirmed": "1"})
    assert "You can only make it stricter." in answer.content.decode()


def test_member_gets_403_and_sees_no_header(
    managing: Browser, other_browser: Browser, bob: User
) -> None:
    """D05."""
    give_phone(bob, "+447700900251")
    other_browser.log_in(bob)
    for answer in (other_browser.get(PAGE), other_browser.post(PAGE, {"confirmed": "1"})):
        assert answer.status_code == 403
        assert "Multi Factor Authentication (MFA)" not in answer.content.decode()
    assert AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED, user=bob).exists()
    assert own().enforcement == ""


def chosen(page: str) -> str:
    """The choice of the switch that a page shows."""
    return re.findall('value="([a-z]+)"[^>]* checked', page)[-1]


def test_partner_switches_two_factor_for_its_own_employees_alone(
    managing: Browser, relaxed: SitePolicy, bob: User, charlie: User
) -> None:
    """E01, E03: a page says what changes and lists who lacks a number; clients keep their rules."""
    join(charlie, Organization.objects.get(slug="globex"))
    settings(own(), methods=["phone"])
    before = list(OrganizationPolicy.objects.exclude(pk=own().pk).order_by("pk").values())
    people = managing.get(PEOPLE).content.decode()
    assert chosen(people) == "yes"
    same = managing.post(SWITCH, {"two_factor": "yes"}, follow=True).content.decode()
    assert "Nothing has changed." in same
    assert own().enforcement == ""
    preview = managing.post(SWITCH, {"two_factor": "no"}).content.decode()
    assert "People log in with just their password." in preview
    assert own().enforcement == ""
    off = managing.post(
        SWITCH, {"two_factor": "no", "confirmed": "1"}, follow=True
    ).content.decode()
    assert "Saved." in off
    assert chosen(off) == "no"
    assert User.objects.get(pk=bob.pk).mfa_policy.enforcement == "off"
    assert User.objects.get(pk=charlie.pk).mfa_policy.enforcement == "required"

    preview = managing.post(SWITCH, {"two_factor": "yes"}).content.decode()
    assert 'name="switch"' in preview
    for sent, back in (({"switch": "1"}, PEOPLE), ({}, PAGE)):
        names = managing.post(AFFECTED, {"enabled": "on", "methods": ["phone"], **sent})
        assert f'class="action" href="{back}"' in names.content.decode()
    assert "Everyone sets up a phone, and uses it to log in." in preview
    assert "2 people will be asked to set up a phone at their next login, 1 of them" in preview
    lacking = Membership.objects.get(user=bob)
    assert f'href="{PEOPLE}{lacking.pk}/"' in preview.split("People without a phone number")[1]
    managing.post(SWITCH, {"two_factor": "yes", "confirmed": "1"})
    assert (own().enforcement, own().methods) == ("required", ["phone"])
    assert list(OrganizationPolicy.objects.exclude(pk=own().pk).order_by("pk").values()) == before
    browser = Browser()
    assert browser.password(bob).url == "/login/enroll/phone/"


def test_switch_leaves_an_opt_out_as_it_is(managing: Browser, relaxed: SitePolicy) -> None:
    settings(own(), enforcement="optional")
    managing.post(SWITCH, {"two_factor": "yes", "confirmed": "1"})
    assert own().enforcement == "optional"


@pytest.mark.parametrize("sent", [{"two_factor": "no"}, {"two_factor": "maybe"}, {"enabled": "on"}])
def test_switch_refuses_what_the_site_does_not_allow(
    managing: Browser, sent: dict[str, str]
) -> None:
    shown = managing.post(SWITCH, {**sent, "confirmed": "1"}).content.decode()
    assert "Error:" in shown
    assert own().enforcement == ""


def test_switch_comes_back_after_step_up(
    managing: Browser, relaxed: SitePolicy, alice: User
) -> None:
    session = managing.session
    session["mfa_about"] = {**session["mfa_about"], "proofs": {}}
    session.save()
    assert managing.post(SWITCH, {"two_factor": "no"}).url.startswith("/me/confirm/")
    managing.post("/me/confirm/", {"next": SWITCH})
    page = managing.post("/login/verify/", {"code": code(alice.factors.get().target)}, follow=True)
    assert chosen(page.content.decode()) == "no"
    assert own().enforcement == ""


def give_phone_to_dora() -> User:
    dora = User.objects.create(email="dora@example.org")
    give_phone(dora, "+447700900299")
    return dora


AFFECTED = "/organizations/acme/security/affected/"


def test_people_that_new_rules_affect_have_names_and_a_file(
    managing: Browser, relaxed: SitePolicy, bob: User, charlie: User
) -> None:
    User.objects.filter(pk=bob.pk).update(full_name="=Bob")
    outsider = join(give_phone_to_dora(), organization("Beta", enforcement="off"))
    join(charlie, Organization.objects.get(slug="acme"))
    save(managing)
    listed = managing.post(AFFECTED, {"enabled": "on"}).content.decode()
    assert f"{bob.email}: must set up MFA, no phone number" in listed
    assert f"{charlie.email}: must set up MFA" in listed
    assert outsider.email not in listed
    file = managing.post(AFFECTED, {"enabled": "on", "format": "csv"})
    rows = b"".join(file).decode().splitlines()
    assert rows[0] == "Email,Username,Full name,Phone number,At the next login,Logged in now"
    assert f"{bob.email},,'=Bob,,must set up MFA,No" in rows
    assert f"{charlie.email},,Charlie,…03,must set up MFA,No" in rows
    assert len(rows) == 4
    assert own().enforcement == "off"


def test_people_affected_come_in_pages(managing: Browser, relaxed: SitePolicy) -> None:
    save(managing)
    acme = Organization.objects.get(slug="acme")
    crowd = [join(User.objects.create(email=f"p{n}@example.org"), acme) for n in range(60)]
    first = managing.post(AFFECTED, {"enabled": "on"}).content.decode()
    after = first.split('name="after" value="')[1].split('"')[0]
    second = managing.post(AFFECTED, {"enabled": "on", "after": after}).content.decode()
    emails = [person.email for person in crowd]
    shown = [[f"{email}:" in page for email in emails] for page in (first, second)]
    assert [a + b for a, b in zip(*shown, strict=True)] == [1] * 60
    assert 'name="after"' not in second


def test_list_of_affected_people_needs_valid_rules(managing: Browser, relaxed: SitePolicy) -> None:
    for answer in (managing.get(AFFECTED), managing.post(AFFECTED, {"methods": "smoke"})):
        assert answer.headers["Location"] == PAGE


TRUST = "People can skip the second step for {} in a browser that they trust."


def test_manager_shortens_how_long_people_trust_browsers(
    managing: Browser, policy: SitePolicy, bob: User
) -> None:
    """Issue 14: never longer than above. Managers never can (TB-01)."""
    settings(policy, trust_browser_days=14)
    page = managing.get(PAGE).content.decode()
    assert "You can choose up to 14 days." in page
    assert TRUST.format("14 days") in page
    preview = said(managing, enabled="on", trust_browser_days="1")
    assert TRUST.format("14 days") in preview
    assert TRUST.format("1 day") in preview
    assert "The next login in a trusted browser asks for a second step again." in preview
    assert own().trust_browser_days is None
    assert "Saved." in save(managing, enabled="on", trust_browser_days="1")
    days = timedelta(days=1)
    assert User.objects.get(pk=bob.pk).mfa_policy.trust_browser_for == days
    manager = User.objects.get(email="alice@example.org")
    assert manager.mfa_policy.trust_browser_for == timedelta()
    assert "Decided by: Acme. You can choose up to 14 days." in managing.get(PAGE).content.decode()
    preview = said(managing, enabled="on", trust_browser_days="0")
    later = preview.split("After you save")[1].split("</section>")[0]
    assert "in a browser that they trust" not in later
    save(managing, enabled="on", trust_browser_days="0")
    assert own().trust_browser_days == 0
    assert "asks for a second step again" not in said(managing, enabled="on", methods=["phone"])
    save(managing, enabled="on")
    assert own().trust_browser_days is None


def test_manager_cannot_allow_longer_trust_than_above(
    managing: Browser, policy: SitePolicy, relaxed: SitePolicy
) -> None:
    """By any value. One that was stored before is without effect, and blocks nothing else."""
    for days in ("1", "30"):
        assert "No level above allows it." in save(managing, enabled="on", trust_browser_days=days)
    for days in ("31", "-1", "1.5", "x", "9" * 30):
        sent = {"enabled": "on", "trust_browser_days": days}
        assert "Enter a whole number from 0 to 30." in save(managing, **sent)
    settings(policy, trust_browser_days=7)
    refused = save(managing, enabled="on", trust_browser_days="8")
    assert refused.count("You can choose up to 7 days.") > 1
    assert own().trust_browser_days is None
    settings(own(), trust_browser_days=14)
    assert "Saved." in save(managing, enabled="on", trust_browser_days="14", methods=["phone"])
    switched = managing.post(SWITCH, {"two_factor": "no", "confirmed": "1"}, follow=True)
    assert "Saved." in switched.content.decode()
    assert own().trust_browser_days == 14
    assert User.objects.get(email="bob@example.org").mfa_policy.trust_browser_for == timedelta(7)


def test_partner_shortens_trust_for_its_clients(managing: Browser, policy: SitePolicy) -> None:
    settings(policy, trust_browser_days=14)
    clients = "/organizations/acme/clients/security/"
    sent = {"enabled": "on", "trust_browser_days": "3", "confirmed": "1"}
    assert managing.post(clients, sent).status_code == 302
    page = managing.get(PAGE.replace("acme", "globex")).content.decode()
    assert "You can choose up to 3 days." in page
