"""Pauses: whom they let in, and for how long (B15, K19)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.models import Pause
from mfa.pauses import Refusal
from tests.conftest import make_user
from tests.portal_client import Browser

pytestmark = pytest.mark.usefixtures("clock")


def pause_in_the_table(user: User, **more: object) -> Pause:
    """A pause that no rule of ours stopped: a race, an old release, a hand in the database."""
    now = timezone.now()
    until = now + timedelta(hours=24)
    return Pause.objects.create(user=user, reason="?", started_at=now, until=until, **more)


def give(user: User, power: str) -> None:
    """Make somebody staff, in each way that there is."""
    match power:
        case "group":
            user.groups.add(Group.objects.get(name="Support"))
        case "permission":
            user.user_permissions.add(Permission.objects.get(codename="view_user"))
        case _:
            User.objects.filter(pk=user.pk).update(**{power: True})


POWERS = ["is_staff", "is_superuser", "group", "permission"]


@pytest.mark.parametrize("power", POWERS)
def test_the_password_alone_never_lets_staff_in_whatever_the_table_says(
    browser: Browser, alice: User, power: str
) -> None:
    """S04."""
    pause_in_the_table(alice)
    give(alice, power)
    assert browser.password(alice).url == "/login/verify/"
    assert not browser.signed_in


@pytest.mark.parametrize("power", POWERS)
def test_only_the_operator_s_breakglass_does(browser: Browser, alice: User, power: str) -> None:
    give(alice, power)
    call_command("breakglass", alice.email, "--reason", "lost phone")
    assert browser.password(alice).url == "/"
    assert browser.signed_in


@pytest.mark.parametrize("power", POWERS)
def test_none_is_started_for_staff(alice: User, root: User, power: str) -> None:
    """Not even by a caller who read the person before the promotion."""
    give(alice, power)
    assert pauses.start(alice, reason="?", hours=1, by=root) is Refusal.STAFF
    assert not Pause.objects.exists()


def test_a_group_without_permissions_makes_nobody_staff(browser: Browser, alice: User) -> None:
    """Such as the pilot group."""
    alice.groups.add(Group.objects.create(name="Pilot"))
    pause_in_the_table(alice)
    browser.password(alice)
    assert browser.signed_in


def test_a_pause_ends_when_its_person_s_group_gets_permissions(
    office: Browser, alice: User
) -> None:
    group = Group.objects.create(name="Front desk")
    alice.groups.add(group)
    pause_in_the_table(alice)
    bob = make_user("bob@example.org")
    pause_in_the_table(bob)
    permission = Permission.objects.get(codename="view_user")
    office.post(
        f"/admin/auth/group/{group.pk}/change/",
        {"name": group.name, "permissions": [permission.pk]},
    )
    assert Pause.objects.running(timezone.now()).get().user == bob


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "groups", "user_permissions"])
def test_a_pause_ends_when_its_person_is_promoted(office: Browser, bob: User, field: str) -> None:
    pause_in_the_table(bob)
    rows = {"groups": Group.objects.get(name="Support"), "user_permissions": Permission}
    if field == "user_permissions":
        rows[field] = Permission.objects.get(codename="view_user")
    value = str(rows[field].pk) if field in rows else "on"
    form = {"full_name": "Bob", "language": "en", "is_active": "on", field: value}
    office.post(f"/admin/accounts/user/{bob.pk}/change/", form)
    assert User.objects.get(pk=bob.pk).has_powers
    assert not Pause.objects.running(timezone.now()).exists()
