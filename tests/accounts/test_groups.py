"""The groups that exist after each migrate."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection

from accounts.groups import make_groups
from accounts.models import Introduction

pytestmark = pytest.mark.django_db

SUPPORT = {
    "accounts.view_user",
    "mfa.view_auditevent",
    "mfa.view_brake",
    "mfa.view_challenge",
    "mfa.view_delivery",
    "mfa.view_factor",
    "mfa.view_pause",
    # B15
    "mfa.add_pause",
}


def permissions(name: str) -> set[str]:
    rows = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


def test_support_may_read_and_pause() -> None:
    assert permissions("Support") == SUPPORT


def test_administrators_may_also_set_the_policy_and_manage_people() -> None:
    assert permissions("Administrators") == SUPPORT | {
        "accounts.add_user",
        "accounts.change_user",
        "auth.view_group",
        "mfa.change_accountpolicy",
        # B16
        "mfa.change_factor",
        "mfa.change_brake",
        "mfa.view_accountpolicy",
        "mfa.view_job",
    }


def test_making_them_again_changes_nothing() -> None:
    before = {name: permissions(name) for name in ("Support", "Administrators")}
    make_groups()
    call_command("migrate", verbosity=0)
    assert {name: permissions(name) for name in before} == before
    assert Group.objects.count() == 2


def test_what_an_operator_added_stays() -> None:
    extra = Permission.objects.get(codename="delete_user")
    Group.objects.get(name="Support").permissions.add(extra)
    make_groups()
    assert "accounts.delete_user" in permissions("Support")


@pytest.mark.parametrize("name", ["Support", "Administrators"])
def test_what_an_operator_took_away_stays_away(name: str) -> None:
    """Not even the next release gives it back."""
    group = Group.objects.get(name=name)
    group.permissions.remove(Permission.objects.get(codename="add_pause"))
    before = permissions(name)
    call_command("migrate", verbosity=0)
    assert permissions(name) == before
    group.permissions.clear()
    call_command("migrate", verbosity=0)
    assert permissions(name) == set()


def test_a_permission_of_a_later_release_still_arrives() -> None:
    """Before that release, the database had never given it; what was taken away stays so."""
    group = Group.objects.get(name="Support")
    group.permissions.clear()
    Introduction.objects.filter(group="Support", permission="mfa.add_pause").delete()
    call_command("migrate", verbosity=0)
    assert permissions("Support") == {"mfa.add_pause"}


@pytest.mark.parametrize("change", ["deleted", "renamed"])
def test_a_group_that_an_operator_removed_does_not_come_back(change: str) -> None:
    support = Group.objects.filter(name="Support")
    if change == "deleted":
        support.delete()
    else:
        support.update(name="Help desk")
    call_command("migrate", verbosity=0)
    assert not Group.objects.filter(name="Support").exists()


def test_a_database_of_an_earlier_release_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrating back takes the record away; the groups stay as they are."""
    Group.objects.get(name="Support").permissions.clear()
    tables = connection.introspection.table_names
    rest = [table for table in tables() if table != "accounts_introduction"]
    monkeypatch.setattr(connection.introspection, "table_names", lambda: rest)
    make_groups()
    assert permissions("Support") == set()
