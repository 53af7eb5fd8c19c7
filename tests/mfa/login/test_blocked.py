"""C19: why no method can be used, on the page, in the audit and for support."""

from collections.abc import Callable

import pytest

from accounts.models import User
from mfa.login import diagnose
from mfa.login.blocked import WORDS, BlockedBy, causes_of
from mfa.models import AuditEvent, Factor, SitePolicy
from mfa.rules import base32
from tests.conftest import give_codes
from tests.organizations import join, organization
from tests.portal_client import Browser

HELP = "/login/help/"


def wear_out(alice: User) -> None:
    alice.factors.update(status="disabled")


def lose(alice: User) -> None:
    alice.factors.update(status="suspended")


def remove(alice: User) -> None:
    alice.factors.update(status="revoked")


def forbid(_alice: User) -> None:
    SitePolicy.note(methods=["app"])


def move_abroad(_alice: User) -> None:
    SitePolicy.note(text_countries=["FR"], enroll_countries=["FR"], home_region="FR")


def lose_key(alice: User) -> None:
    alice.factors.update(kind="app", target="", secret="")


CAUSES = {
    BlockedBy.WRONG_CODES: wear_out,
    BlockedBy.LOST: lose,
    BlockedBy.REMOVED: remove,
    BlockedBy.NOT_ALLOWED: forbid,
    BlockedBy.COUNTRY: move_abroad,
    BlockedBy.UNREADABLE: lose_key,
}


@pytest.fixture
def member(policy: SitePolicy, alice: User) -> User:
    """Alice, in a clinic with a contact of its own, where email replaces nothing."""
    return join(alice, organization("Maple Clinic", contact="reception, 01", email_codes="off"))


@pytest.mark.parametrize(("cause", "change"), CAUSES.items())
def test_page_names_class_contact_and_reference_that_support_finds(
    browser: Browser, member: User, root: User, cause: BlockedBy, change: Callable[[User], None]
) -> None:
    office = Browser()
    office.log_in(root)
    change(member)
    assert browser.password(member).url == HELP
    page = browser.get(HELP).content.decode()
    assert str(WORDS[cause]).replace("'", "&#x27;") in page
    assert "Reception, 01" in page
    assert "number ending" not in page
    case = AuditEvent.objects.get(event="password_right", user=member)
    reference = base32.reference_to(case.pk)
    assert reference in page
    blocked = AuditEvent.objects.get(event="blocked", user=member)
    assert blocked.details == {"causes": [cause]}
    found = office.get("/support/", {"q": reference}, follow=True).content.decode()
    assert member.email in found
    told = office.get(f"/support/people/{member.pk}/").content.decode()
    assert str(WORDS[cause]).replace("'", "&#x27;") in told
    found = office.get("/admin/mfa/auditevent/", {"q": reference}).content.decode()
    assert member.email in found


def test_several_causes_are_listed_once_each(member: User) -> None:
    wear_out(member)
    for status in ("disabled", "suspended"):
        member.factors.create(
            target="+447700900299", status=status, confirmed_at=member.date_joined
        )
    assert set(causes_of(member)) == {BlockedBy.WRONG_CODES, BlockedBy.LOST}


def test_texts_that_rest_are_a_cause_of_their_own(member: User, settings) -> None:
    settings.MFA_CHANNELS = {"email": settings.MFA_CHANNELS["email"]}
    assert causes_of(member) == [BlockedBy.NO_TEXTS]


def test_person_who_never_had_a_method_lost_none(bob: User) -> None:
    assert causes_of(bob) == []


def test_recovery_codes_are_no_cause(member: User) -> None:
    give_codes(member)
    wear_out(member)
    Factor.objects.filter(kind="recovery_codes").update(status="active")
    assert causes_of(member) == [BlockedBy.WRONG_CODES]


def test_opened_page_records_nothing(browser: Browser, member: User) -> None:
    wear_out(member)
    browser.password(member)
    for _ in range(3):
        browser.get(HELP)
    assert AuditEvent.objects.filter(event="blocked").count() == 1


def test_unknown_cause_of_another_version_is_left_out(member: User) -> None:
    wear_out(member)
    AuditEvent.objects.create(
        user=member, event="blocked", at=member.date_joined, details={"causes": ["newer"]}
    )
    assert diagnose.of(member).timeline
