"""The site's level in the account policy: requirement, methods, skips, and MFA on again."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event, SitePolicy
from tests.conftest import NOON
from tests.organizations import join, organization
from tests.portal_client import Browser

FORM = "/admin/mfa/accountpolicy/1/change/"
ON = "/admin/mfa/accountpolicy/switch-on/"
OFF = "/admin/mfa/accountpolicy/switch-off/"


def save(browser: Browser, **values: object) -> HttpResponse:
    """Save the form with only these values and what it needs."""
    policy = AccountPolicy.load()
    kept = {name: getattr(policy, name) for name in ("sms_account_id", "sms_phone_number")}
    kept |= {"home_region": "GB", "portal_name": "Acme Portal", "accent": "#1d4ed8"}
    return browser.post(FORM, {"_continue": "Save", "enabled": "on", **kept, **values})


def errors(page: HttpResponse) -> dict[str, list[str]]:
    return dict(page.context["adminform"].form.errors) if page.context else {}


def test_level_is_saved_and_shown(clock: time_machine.Traveller, office: Browser) -> None:
    values = {
        "enforcement": "optional",
        "methods": ["phone", "app"],
        "may_relax_to": "off",
        "most_skips": "3",
        "skips_until": "2026-06-01T08:00",
        "deadline": "2026-05-01T08:00",
        "new_device_email": "True",
        "on_reenable": "enroll_again",
    }
    assert save(office, **values).status_code == 302
    policy = SitePolicy.load()
    assert {name: getattr(policy, name) for name in values} == {
        **values,
        "most_skips": 3,
        "skips_until": datetime(2026, 6, 1, 8, tzinfo=UTC),
        "deadline": datetime(2026, 5, 1, 8, tzinfo=UTC),
        "new_device_email": True,
    }
    page = office.get(FORM).text
    for shown in ("Off: organizations decide", 'value="2026-05-01T08:00"', "Default: no"):
        assert shown in page


def test_what_leaves_nothing_or_takes_effect_at_once_is_refused(
    clock: time_machine.Traveller, office: Browser, bob: User
) -> None:
    join(bob, organization("Clinic", organization("Partner"), methods=["app"]))
    refused = {
        "__all__": [{"methods": ["recovery_codes"]}, {"methods": ["phone"]}],
        "may_relax_to": [
            {"enforcement": "optional", "may_relax_to": "required"},
            {"enforcement": "off", "may_relax_to": "optional"},
        ],
        "deadline": [{"enforcement": "optional", "deadline": "2026-03-02T12:00"}],
    }
    for field, cases in refused.items():
        for case in cases:
            assert errors(save(office, **case)).keys() == {field}, case
    said = errors(save(office, methods=["phone"]))["__all__"]
    assert "(site, Clinic)" in said[0]
    assert save(office, methods=["phone", "app"], may_relax_to="required").status_code == 302


def test_deadline_that_has_passed_does_not_prevent_saving(office: Browser) -> None:
    passed = timezone.now().replace(second=31) - timedelta(days=1)
    SitePolicy.objects.update(enforcement="optional", deadline=passed)
    shown = f"{passed:%Y-%m-%dT%H:%M}"
    assert save(office, enforcement="optional", deadline=shown, contact="us").status_code == 302
    assert (SitePolicy.load().deadline, SitePolicy.load().contact) == (passed, "us")


@pytest.mark.parametrize(
    ("before", "after", "noted"),
    [
        ("optional", "required", NOON),
        ("optional", "", NOON),
        ("off", "required", NOON),
        ("required", "optional", None),
        ("", "required", None),
    ],
)
def test_earlier_skips_are_forgotten_when_mfa_becomes_required(
    clock: time_machine.Traveller,
    office: Browser,
    before: str,
    after: str,
    noted: datetime | None,
) -> None:
    """K18."""
    SitePolicy.objects.update(enforcement=before)
    save(office, enforcement=after)
    assert SitePolicy.load().skips_from == noted


def test_turning_mfa_on_again_asks_how_many_people_set_it_up_again(
    clock: time_machine.Traveller, office: Browser, alice: User, bob: User
) -> None:
    """K9, D10: bob has no phone."""
    save(office, on_reenable="enroll_again")
    assert "2 people must set it up again" in office.get(OFF).text
    office.post(OFF)
    assert SitePolicy.load().enroll_again_from is None
    assert save(office, on_reenable="enroll_again").url == ON
    assert not SitePolicy.load().enabled
    assert "2 people set up MFA again" in office.get(ON).text
    office.post(ON)
    policy = SitePolicy.load()
    assert (policy.enabled, policy.enroll_again_from) == (True, NOON)
    assert AuditEvent.objects.filter(event=Event.POLICY_CHANGED).count() == 3
    assert office.get(ON).url == "/admin/mfa/accountpolicy/"


def test_turning_mfa_on_again_keeps_factors_by_default(office: Browser, alice: User) -> None:
    assert "Verified phones and apps are kept." in office.get(OFF).text
    office.post(OFF)
    save(office)
    assert (SitePolicy.load().enabled, SitePolicy.load().enroll_again_from) == (True, None)


def test_site_that_was_off_enrolls_again(clock: time_machine.Traveller, office: Browser) -> None:
    SitePolicy.objects.update(enforcement="off", on_reenable="enroll_again")
    save(office, enforcement="optional", on_reenable="enroll_again")
    assert SitePolicy.load().enroll_again_from == NOON


def test_turning_mfa_on_again_needs_permission(
    other_browser: Browser, charlie: User, policy: SitePolicy
) -> None:
    other_browser.log_in(charlie)
    SitePolicy.objects.update(enabled=False, on_reenable="enroll_again")
    assert other_browser.post(ON).status_code == 403
    assert not SitePolicy.load().enabled
