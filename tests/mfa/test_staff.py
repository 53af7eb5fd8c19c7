"""Staff stay bound from the first time MFA was enabled, until the machine releases them (S05)."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import TestCase

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage
from tests.conftest import make_user
from tests.portal_client import Browser

VERIFY, HOME = "/login/verify/", "/"


def staff_mfa(state: str, **options: str) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("staff_mfa", state, **options)


@pytest.fixture
def off(policy: AccountPolicy) -> AccountPolicy:
    """MFA was on and is off."""
    policy.enabled = False
    policy.save()
    return policy


@pytest.fixture
def pilots(policy: AccountPolicy) -> AccountPolicy:
    """Only a group without staff is asked."""
    policy.pilot_group = Group.objects.create(name="Pilots")
    policy.save()
    return policy


@pytest.mark.parametrize("gate", ["off", "pilots"])
@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_stay_bound_whatever_flag_and_pilot_group_say(
    request, browser: Browser, root: User, gate: str, fields: dict[str, bool]
) -> None:
    request.getfixturevalue(gate)
    assert browser.password(root).url == VERIFY
    new = make_user("sam@example.org", **fields)
    assert Browser().password(new).url.startswith("/login/enroll/")


@pytest.mark.parametrize("gate", ["off", "pilots"])
def test_others_are_not_asked(request, browser: Browser, alice: User, gate: str) -> None:
    """A06, A30."""
    request.getfixturevalue(gate)
    assert browser.password(alice).url == HOME


def test_the_admin_asks_a_session_that_was_opened_before(
    browser: Browser, root: User, off: AccountPolicy
) -> None:
    AccountPolicy.objects.update(first_enabled_at=None)
    browser.password(root)
    assert browser.get("/admin/").status_code == 200
    AccountPolicy.objects.update(first_enabled_at=root.date_joined)
    assert browser.get("/admin/").url.startswith("/me/confirm/")


def test_before_mfa_was_ever_enabled_nobody_is_bound(browser: Browser, db: None) -> None:
    AccountPolicy.load()
    root = make_user("root@example.org", is_staff=True, is_superuser=True)
    assert browser.password(root).url == HOME


def test_enabling_notes_the_first_time_and_keeps_it(policy: AccountPolicy) -> None:
    first = policy.first_enabled_at
    assert first
    policy.enabled = False
    policy.save(update_fields=["enabled"])
    policy.enabled = True
    policy.save(update_fields=["enabled"])
    assert AccountPolicy.load().first_enabled_at == first


def test_saving_the_tick_alone_notes_it_too(db: None) -> None:
    policy = AccountPolicy.load()
    policy.enabled = True
    policy.save(update_fields=["enabled"])
    assert AccountPolicy.load().first_enabled_at


@pytest.mark.parametrize("enabled", [True, False])
def test_installs_where_it_runs_have_enabled_it(policy: AccountPolicy, *, enabled: bool) -> None:
    """The migration."""
    AccountPolicy.objects.update(enabled=enabled, first_enabled_at=None)
    shipped = import_module("mfa.migrations.0037_staff_of_running_installs_stay_bound")
    shipped.note_first_time(apps, None)
    assert bool(AccountPolicy.load().first_enabled_at) is enabled


def test_the_machine_releases_and_binds_them_and_everybody_is_told(
    root: User, alice: User, off: AccountPolicy, capsys
) -> None:
    staff_mfa("off", reason="moving to the new portal")
    assert "password alone" in capsys.readouterr().out
    assert Browser().password(root).url == HOME
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == root.email
    assert "moving to the new portal" in mail.body
    assert "a command on the server" in mail.body
    assert AuditEvent.objects.get(event=Event.STAFF_RELEASED).details["reason"]
    staff_mfa("on")
    assert Browser().password(root).url == VERIFY
    assert AuditEvent.objects.filter(event=Event.STAFF_BOUND).exists()


def test_released_staff_are_asked_while_everybody_is(
    root: User, policy: AccountPolicy, capsys
) -> None:
    staff_mfa("off", reason="moving")
    assert "still enabled" in capsys.readouterr().out
    assert Browser().password(root).url == VERIFY


def test_twice_is_once(root: User, policy: AccountPolicy, capsys) -> None:
    staff_mfa("off", reason="moving")
    staff_mfa("off", reason="moving")
    assert "It is off already." in capsys.readouterr().out
    assert AuditEvent.objects.filter(event=Event.STAFF_RELEASED).count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_releasing_needs_a_reason(policy: AccountPolicy, reason: str) -> None:
    with pytest.raises(CommandError):
        staff_mfa("off", reason=reason)
    assert AccountPolicy.load().binds_staff
