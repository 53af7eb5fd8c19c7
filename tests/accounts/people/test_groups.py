"""The groups that exist after each migrate."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection

from accounts.models import Introduction
from accounts.people.groups import make_groups

pytestmark = pytest.mark.django_db

SUPPORT = {
    "accounts.view_user",
    "mfa.view_auditevent",
    "mfa.view_sendblock",
    "mfa.view_challenge",
    "mfa.view_delivery",
    "mfa.view_factor",
    "mfa.view_pause",
    # B15
    "mfa.add_pause",
    "mfa.rescue_person",
}


def permissions(name: str) -> set[str]:
    rows = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


def test_support_can_view_and_pause() -> None:
    assert permissions("Support") == SUPPORT


def test_administrators_can_change_policy_and_people() -> None:
    assert permissions("Administrators") == SUPPORT | {
        *(f"accounts.{act}_tile" for act in ("add", "change", "delete", "view")),
        *(f"accounts.{act}_organization" for act in ("add", "change", "view")),
        *(f"accounts.{act}_membership" for act in ("add", "change", "view")),
        "accounts.add_user",
        "accounts.change_user",
        "auth.view_group",
        "mfa.change_accountpolicy",
        # B16
        "mfa.change_factor",
        "mfa.change_sendblock",
        "mfa.view_accountpolicy",
        "mfa.view_job",
    }


def test_making_groups_twice_changes_nothing() -> None:
    before = {name: permissions(name) for name in ("Support", "Administrators")}
    make_groups()
    call_command("migrate", verbosity=0)
    assert {name: permissions(name) for name in before} == before
    assert Group.objects.count() == 2


def test_permission_added_by_operator_stays() -> None:
    extra = Permission.objects.get(codename="delete_user")
    Group.objects.get(name="Support").permissions.add(extra)
    make_groups()
    assert "accounts.delete_user" in permissions("Support")


@pytest.mark.parametrize("name", ["Support", "Administrators"])
def test_permission_removed_by_operator_stays_removed(name: str) -> None:
    """The next release does not restore it either."""
    group = Group.objects.get(name=name)
    group.permissions.remove(Permission.objects.get(codename="add_pause"))
    before = permissions(name)
    call_command("migrate", verbosity=0)
    assert permissions(name) == before
    group.permissions.clear()
    call_command("migrate", verbosity=0)
    assert permissions(name) == set()


def test_permission_of_later_release_is_granted() -> None:
    """The database did not have it before. Permissions that were removed stay removed."""
    group = Group.objects.get(name="Support")
    group.permissions.clear()
    Introduction.objects.filter(group="Support", permission="mfa.add_pause").delete()
    call_command("migrate", verbosity=0)
    assert permissions("Support") == {"mfa.add_pause"}


@pytest.mark.parametrize("change", ["deleted", "renamed"])
def test_removed_group_is_not_recreated(change: str) -> None:
    support = Group.objects.filter(name="Support")
    if change == "deleted":
        support.delete()
    else:
        support.update(name="Help desk")
    call_command("migrate", verbosity=0)
    assert not Group.objects.filter(name="Support").exists()


def test_database_of_earlier_release_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrating back drops the record. The groups stay unchanged."""
    Group.objects.get(name="Support").permissions.clear()
    tables = connection.introspection.table_names
    rest = [table for table in tables() if table != "accounts_introduction"]
    monkeypatch.setattr(connection.introspection, "table_names", lambda: rest)
    make_groups()
    assert permissions("Support") == set()
