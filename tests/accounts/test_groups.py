"""The groups that exist after each migrate."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from accounts.groups import make_groups

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


def test_what_was_lost_comes_back() -> None:
    Group.objects.get(name="Support").permissions.clear()
    make_groups()
    assert permissions("Support") == SUPPORT
