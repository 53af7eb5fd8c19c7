"""The details of an audit event, as its page shows them."""

import pytest

from accounts.models import Membership, Organization, User
from accounts.people.reported import WayOn
from mfa.admin.audit_details import DETAILS, OF_EVENT, in_words
from mfa.limits import budget
from mfa.login.blocked import BlockedBy
from mfa.messages.alerts import Alert
from mfa.models import AuditEvent, Event, Factor, Reason, SitePolicy
from mfa.rescue import Identified
from mfa.rules.methods import ChannelName
from mfa.rules.passkeys import ASSERTION
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from tests.conftest import NOON
from tests.portal_client import Browser
from tests.reading import raw_keys

# Every code that a detail can hold
CODES = {
    "alert": Alert,
    "purpose": Purpose,
    "channel": ChannelName,
    "unusual": ("browser", "pause"),
    "step": Step,
    "check": tuple(check for check, _holds in ASSERTION),
    "what": Event,
    "way": (*WayOn, "code", "factor", "command"),
    "identified": Identified,
    "texts": ("tried",),
    "fault": Reason,
    "reason": (*Reason, "browser", "pause"),
    "role": Membership.Role,
}
# Codes that are plain words themselves
WORDS = {"member", "manager"}


def shown(event: Event, **details: object) -> dict[str, str]:
    row = AuditEvent(event=event, details=details)
    return {label: str(words) for label, words in in_words(row)}


@pytest.mark.parametrize("key", CODES)
def test_every_code_of_a_detail_has_words(key: str) -> None:
    label = str(DETAILS[key].label)
    told = {str(code): shown(Event.ALERTED, **{key: str(code)})[label] for code in CODES[key]}
    assert [code for code, words in told.items() if words == code and words not in WORDS] == []


def test_the_reasons_of_a_block_have_words() -> None:
    told = {code: shown(Event.BLOCKED, causes=[code])["Reasons"] for code in BlockedBy}
    assert [code for code, words in told.items() if len(words.split()) < 4] == []


def test_the_limits_of_the_budget_have_words(policy: SitePolicy) -> None:
    for use in budget.pots(policy):
        assert shown(Event.ALERTED, kind=use.limit.name)["Limit"].startswith("texts to")


def test_details_read_as_sentences(alice: User) -> None:
    phone = Factor.objects.get(user=alice)
    clinic = Organization.objects.create(name="Harbor Clinic", slug="harbor")
    assert shown(Event.LOGGED_IN, channel="sms", aal=2) == {
        "Method": "by text",
        "Assurance level (AAL)": "2",
    }
    assert shown(Event.FACTOR_ADDED, factor=phone.pk, ending="01") == {
        "Method": phone.masked,
        "Number ends in": "01",
    }
    assert shown(Event.MEMBER_JOINED, organization=clinic.pk, organization_name="Old", by=1) == {
        "Organization": "Harbor Clinic"
    }
    assert shown(Event.MEMBER_LEFT, organization=99) == {"Organization": "number 99, deleted"}
    assert shown(Event.ORGANIZATION_CHANGED, fields=["is_active", "slug"]) == {
        "Changed": "active, short name"
    }
    rules = shown(Event.RULES_CHANGED, fields=["email_codes", "trusts_from"])["Changed"]
    assert rules
    assert "," not in rules
    assert shown(Event.POLICY_CHANGED, fields=["enabled", "sms_phone_number"])["Changed"]
    assert shown(Event.SESSIONS_ENDED, number=3) == {"Sessions ended": "3"}
    assert shown(Event.PASSWORD_FORGOTTEN, mailed=0) == {"Email sent": "no"}
    assert "2 Mar 2026" in shown(Event.PAUSED, until=NOON.isoformat())["Until"]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("198.51.100.7", {"Subject": "198.51.100.7"}),
        ("+447700900", {"Subject": "+447700900"}),
        ("network:198.51.100.0/24", {"Subject": "network 198.51.100.0/24"}),
        ("new-texts spent", {}),
        ("7", {}),
    ],
)
def test_the_subject_of_an_alert(about: str, words: dict[str, str]) -> None:
    assert shown(Event.ALERTED, about=about) == words


def test_a_detail_of_another_version_is_still_shown() -> None:
    assert shown(Event.LOGGED_IN, was_new="yes") == {"was new": "yes"}
    assert {*OF_EVENT} >= {(Event.DISOWNED, "number")}


def test_the_page_shows_words_and_no_code(office: Browser, alice: User) -> None:
    details = {"channel": "recovery_codes", "aal": 2, "reason": "<b>lost</b>"}
    row = AuditEvent.objects.create(at=NOON, event=Event.LOGGED_IN, user=alice, details=details)
    page = office.get(f"/admin/mfa/auditevent/{row.pk}/change/").text
    assert "Method: by recovery code<br>Assurance level (AAL): 2<br>" in page
    assert "&lt;b&gt;lost&lt;/b&gt;" in page
    assert "{" not in page.split("Method: by recovery code")[1].split("</fieldset>")[0]
    assert raw_keys(page) == []
