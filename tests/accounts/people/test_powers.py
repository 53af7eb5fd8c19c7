"""Every change of permissions and groups is reported to all administrators at once (S05)."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import TestCase

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.conftest import make_user
from tests.portal_client import PASSWORD, Browser

SUBJECT = "an account's permissions were changed"


@pytest.fixture
def office(browser: Browser, root: User) -> Browser:
    """A superuser, logged in."""
    browser.log_in(root)
    return browser


@pytest.fixture
def second(root: User) -> User:
    """Another superuser."""
    return make_user("second@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def administrator(root: User) -> User:
    """Of the group Administrators."""
    user = make_user("adam@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrators"))
    return user


def change(browser: Browser, user: User, **fields: object) -> None:
    """Post the form of a person as a browser does, with these fields changed."""
    sent = {
        "email": user.email,
        "full_name": user.full_name,
        "language": user.language,
        "groups": list(user.groups.values_list("pk", flat=True)),
        "user_permissions": list(user.user_permissions.values_list("pk", flat=True)),
        **{name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)},
        **fields,
    }
    data = {name: value for name, value in sent.items() if value}
    assert browser.post(f"/admin/accounts/user/{user.pk}/change/", data).status_code == 302


def told(subject: str = SUBJECT) -> set[str]:
    mails = OutboxMessage.objects.filter(channel="email", subject__contains=subject)
    return set(mails.values_list("target", flat=True))


@pytest.mark.parametrize("flag", ["is_active", "is_staff", "is_superuser"])
def test_removed_staff_flag_is_reported_to_all_administrators(
    office: Browser, root: User, second: User, administrator: User, flag: str
) -> None:
    """Also to the person who loses it."""
    change(office, second, **{flag: ""})
    assert told() == {root.email, second.email, administrator.email}
    event = AuditEvent.objects.get(event=Event.POWERS_CHANGED)
    assert (event.user, event.details["by"]) == (second, root.pk)
    assert (event.details["given"], event.details["taken"]) == ([], [flag])


def test_changed_groups_and_permissions_are_reported(
    office: Browser, root: User, alice: User
) -> None:
    support = Group.objects.get(name="Support")
    permission = Permission.objects.get(codename="change_accountpolicy")
    change(office, alice, groups=[support.pk], user_permissions=[permission.pk])
    event = AuditEvent.objects.get(event=Event.POWERS_CHANGED)
    assert event.details["given"] == ["group:Support", "permission:mfa.change_accountpolicy"]
    body = OutboxMessage.objects.get(target=root.email, subject__contains=SUBJECT).body
    assert "alice@example.org" in body
    assert "member of the group Support" in body


def test_change_without_permissions_is_not_reported(office: Browser, alice: User) -> None:
    change(office, alice, full_name="Alice Adams")
    assert told() == set()


def test_extended_group_is_reported(office: Browser, root: User, second: User) -> None:
    support = Group.objects.get(name="Support")
    before = list(support.permissions.values_list("pk", flat=True))
    more = Permission.objects.get(codename="change_accountpolicy")
    office.post(
        f"/admin/auth/group/{support.pk}/change/",
        {"name": "Support", "permissions": [*before, more.pk]},
    )
    assert told("a group was changed") == {root.email, second.email}
    event = AuditEvent.objects.get(event=Event.GROUP_CHANGED)
    assert event.details["given"] == ["permission:mfa.change_accountpolicy"]


def test_new_group_is_reported(office: Browser, root: User) -> None:
    permission = Permission.objects.get(codename="change_accountpolicy")
    office.post("/admin/auth/group/add/", {"name": "Own", "permissions": [permission.pk]})
    assert told("a group was changed") == {root.email}


@pytest.mark.parametrize("way", ["page", "action"])
def test_deleted_group_is_reported_to_its_administrators(
    office: Browser, root: User, administrator: User, way: str
) -> None:
    group = Group.objects.get(name="Administrators")
    if way == "page":
        office.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
        office.post("/admin/auth/group/", data)
    assert not Group.objects.filter(pk=group.pk).exists()
    assert told("a group was changed") == {root.email, administrator.email}


@pytest.mark.parametrize("way", ["page", "action"])
def test_deleted_account_is_reported(office: Browser, root: User, second: User, way: str) -> None:
    if way == "page":
        office.post(f"/admin/accounts/user/{second.pk}/delete/", {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
        office.post("/admin/accounts/user/", data)
    assert not User.objects.filter(pk=second.pk).exists()
    assert root.email in told()
    assert "second@example.org" in OutboxMessage.objects.filter(subject__contains=SUBJECT)[0].body


def test_superuser_created_by_command_is_reported(
    root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("createsuperuser", email="new@example.org", interactive=False, verbosity=0)
    assert told() == {root.email, "new@example.org"}


def test_policy_change_is_reported_to_all_administrators(
    office: Browser, root: User, second: User, administrator: User
) -> None:
    policy = SitePolicy.load()
    kept = {
        "sms_account_id": policy.sms.account_id,
        "sms_phone_number": policy.sms.phone_number,
    }
    data = {"enabled": "on", "home_region": "GB", "contact": "the new desk", **kept}
    office.post("/admin/mfa/accountpolicy/1/change/", data)
    assert told("the account policy was changed") == {
        root.email,
        second.email,
        administrator.email,
    }
    body = OutboxMessage.objects.filter(subject__contains="account policy was changed")[0].body
    assert root.email in body
    assert "Contact for help" in body
