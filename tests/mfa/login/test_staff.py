"""Staff need MFA once it was enabled, until a command on the server releases them (S05)."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.conftest import make_user
from tests.portal_client import Browser

VERIFY, HOME = "/login/verify/", "/"


def staff_mfa(state: str, **options: str) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("staff_mfa", state, **options)


@pytest.fixture
def off(policy: SitePolicy) -> SitePolicy:
    """MFA was on and is off."""
    policy.enabled = False
    policy.save()
    return policy


@pytest.fixture
def pilots(policy: SitePolicy) -> SitePolicy:
    """Only a group without staff is asked."""
    policy.pilot_group = Group.objects.create(name="Pilots")
    policy.save()
    return policy


@pytest.mark.parametrize("gate", ["off", "pilots"])
@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_need_mfa_whatever_flag_and_pilot_group(
    request, browser: Browser, root: User, gate: str, fields: dict[str, bool]
) -> None:
    request.getfixturevalue(gate)
    assert browser.password(root).url == VERIFY
    new = make_user("sam@example.org", **fields)
    assert Browser().password(new).url.startswith("/login/enroll/")


@pytest.mark.parametrize("gate", ["off", "pilots"])
def test_others_do_not_need_mfa(request, browser: Browser, alice: User, gate: str) -> None:
    """A06, A30."""
    request.getfixturevalue(gate)
    assert browser.password(alice).url == HOME


def test_admin_asks_existing_session_for_second_step(
    browser: Browser, root: User, off: SitePolicy
) -> None:
    SitePolicy.objects.update(first_enabled_at=None)
    browser.password(root)
    assert browser.get("/admin/").status_code == 200
    SitePolicy.objects.update(first_enabled_at=root.date_joined)
    assert browser.get("/admin/").url.startswith("/me/confirm/")


def test_staff_do_not_need_mfa_before_it_was_enabled(browser: Browser, db: None) -> None:
    SitePolicy.load()
    root = make_user("root@example.org", is_staff=True, is_superuser=True)
    assert browser.password(root).url == reverse("admin:index")


def test_first_enabling_is_recorded(policy: SitePolicy) -> None:
    first = policy.first_enabled_at
    assert first
    policy.enabled = False
    policy.save(update_fields=["enabled"])
    policy.enabled = True
    policy.save(update_fields=["enabled"])
    assert SitePolicy.load().first_enabled_at == first


def test_first_enabling_is_recorded_with_update_fields(db: None) -> None:
    policy = SitePolicy.load()
    policy.enabled = True
    policy.save(update_fields=["enabled"])
    assert SitePolicy.load().first_enabled_at


def test_command_releases_and_binds_staff_with_notice(
    root: User, alice: User, off: SitePolicy, capsys
) -> None:
    staff_mfa("off", reason="moving to the new portal")
    assert "just their password" in capsys.readouterr().out
    assert Browser().password(root).url == HOME
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == root.email
    assert "moving to the new portal" in mail.body
    assert "a command on the server" in mail.body
    assert AuditEvent.objects.get(event=Event.STAFF_RELEASED).details["reason"]
    staff_mfa("on")
    assert Browser().password(root).url == VERIFY
    assert AuditEvent.objects.filter(event=Event.STAFF_BOUND).exists()


def test_released_staff_need_code_while_policy_requires_it(
    root: User, policy: SitePolicy, capsys
) -> None:
    staff_mfa("off", reason="moving")
    assert "still enabled" in capsys.readouterr().out
    assert Browser().password(root).url == VERIFY


def test_repeated_command_has_no_effect(root: User, policy: SitePolicy, capsys) -> None:
    staff_mfa("off", reason="moving")
    staff_mfa("off", reason="moving")
    assert "MFA for staff is already off." in capsys.readouterr().out
    assert AuditEvent.objects.filter(event=Event.STAFF_RELEASED).count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_releasing_needs_a_reason(policy: SitePolicy, reason: str) -> None:
    with pytest.raises(CommandError):
        staff_mfa("off", reason=reason)
    assert SitePolicy.load().binds_staff
