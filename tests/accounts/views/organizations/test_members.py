"""What a manager does for one person, and for which people never (D18-D22, E05, K10)."""

import pytest
from django.utils import timezone

from accounts.models import Membership, Organization, User
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, Session
from tests.accounts.views.organizations.pages import REASON, VERBS, page_of, text
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser, code
from tests.registration import registered


def test_reset_by_manager_lets_only_the_owner_back_in(
    managing: Browser, other_browser: Browser, alice: User
) -> None:
    """D18, D19, D21, D22: the person proves password and emailed code; nobody else is touched."""
    dave = join(make_user("dave@example.org"), Organization.objects.get(slug="acme"))
    give_phone(dave, "+447700900240")
    dave.skipped_at = timezone.now()
    dave.save()
    before = Factor.objects.usable().get(user=alice)
    assert ">Reset Two Factor</button>" in managing.get(f"{page_of(dave)}reset/").content.decode()
    answer = managing.post(f"{page_of(dave)}reset/", REASON, follow=True)
    assert "Two-step verification of this person is reset." in answer.content.decode()
    assert not Factor.objects.usable().filter(user=dave).exists()
    assert Factor.objects.usable().get(user=alice) == before
    event = AuditEvent.objects.get(event=Event.FACTORS_RESET)
    assert (event.user, event.actor) == (dave, alice)
    mails = OutboxMessage.objects.filter(channel="email", target=dave.email)
    assert mails.filter(subject__icontains="reset").exists()
    assert other_browser.password(dave).url == "/login/mailbox/"
    other_browser.post("/login/skip/")
    assert not other_browser.signed_in


def test_number_by_manager_is_proven_by_next_code(
    managing: Browser, other_browser: Browser, bob: User
) -> None:
    """E05, K6."""
    data = {"phone": "07700 900241", "reason": "new phone"}
    answer = managing.post(f"{page_of(bob)}number/", data, follow=True)
    assert "It will be verified at the next login." in answer.content.decode()
    assert other_browser.password(bob).url == "/login/verify/"
    other_browser.post("/login/verify/", {"code": code("+447700900241")})
    assert other_browser.signed_in


def test_manager_renames_but_never_changes_email_or_powers(managing: Browser, bob: User) -> None:
    """Fields that the form does not have are ignored."""
    sent = {
        "full_name": "Robert",
        "email": "robert@evil.example",
        "username": "robert",
        "is_staff": "on",
        "is_superuser": "on",
        "role": "manager",
    }
    managing.post(page_of(bob), sent)
    changed = User.objects.get(pk=bob.pk)
    assert (changed.full_name, changed.email) == ("Robert", "bob@example.org")
    assert (changed.is_staff, changed.is_superuser, changed.username) == (False, False, None)
    assert Membership.objects.get(user=bob).role == "member"
    assert AuditEvent.objects.get(event=Event.NAME_CHANGED).user == bob


def test_manager_logs_out_and_ends_membership(
    managing: Browser, other_browser: Browser, charlie: User
) -> None:
    join(charlie, Organization.objects.get(slug="acme"))
    other_browser.log_in(charlie)
    page = page_of(charlie)
    assert "Logged in on 1 device." in text(managing, page)
    managing.post(f"{page}sessions/")
    assert not Session.objects.filter(user=charlie, aal__gt=0).exists()
    assert "leaves Acme" in text(managing, f"{page}end/")
    managing.post(f"{page}end/")
    assert not User.objects.get(pk=charlie.pk).may_log_in
    assert managing.get(page).status_code == 404


@pytest.mark.parametrize("kind", ["shared", "staff", "peer", "registered", "self"])
@pytest.mark.parametrize("tail", VERBS)
def test_people_beyond_the_manager_are_for_support(
    managing: Browser, alice: User, charlie: User, kind: str, tail: str
) -> None:
    """K10, org4, org8: the page says so, and no crafted POST acts."""
    acme = Organization.objects.get(slug="acme")
    target = alice if kind == "self" else charlie
    match kind:
        case "shared":
            join(charlie, acme, organization("Other"))
        case "peer":
            join(charlie, acme, role=MANAGER)
        case "staff":
            join(charlie, acme)
            User.objects.filter(pk=charlie.pk).update(is_staff=True)
        case "registered":
            join(charlie, acme)
            User.objects.filter(pk=charlie.pk).update(**registered())
    page = page_of(target)
    if tail == "end/" and kind in {"shared", "registered"}:
        # Their membership here is the manager's to end; the account is not.
        managing.post(page + tail)
        assert User.objects.get(pk=charlie.pk).may_log_in is True
        return
    sent = {"full_name": "Taken", "phone": "+447700900249", **REASON}
    assert managing.post(page + tail, sent).status_code == 403
    after = User.objects.get(pk=target.pk)
    assert after.full_name == target.full_name
    assert Factor.objects.usable().filter(user=target).exists()
    assert Membership.objects.get(user=target, organization=acme).ended_at is None
    if not tail:
        shown = text(managing, page)
        assert "Reset Two Factor" not in shown
        assert 'name="full_name"' not in shown
