"""Staff cannot act on staff of a higher rank, whatever permissions they have."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def desk(root: User) -> Browser:
    """Dana, an administrator who can also delete accounts."""
    dana = make_user("dana@example.org", is_staff=True)
    dana.groups.add(Group.objects.get(name="Administrators"))
    dana.user_permissions.add(Permission.objects.get(codename="delete_user"))
    give_phone(dana, "+447700900207")
    browser = Browser()
    browser.log_in(dana)
    return browser


def delete(desk: Browser, user: User) -> bool:
    """Delete by the account's page, and by the list."""
    desk.post(f"{PEOPLE}{user.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    desk.post(PEOPLE, chosen)
    return not User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("power", ["is_staff", "is_superuser"])
def test_administrator_cannot_delete_staff(desk: Browser, power: str) -> None:
    """RV-06.

    Accounts with a factor or a login cannot be deleted at all, because their rows are kept.
    """
    assert not delete(desk, make_user("new@example.org", **{power: True}))


def test_administrator_with_permission_can_delete_others(desk: Browser, bob: User) -> None:
    """Proves that the test above can fail."""
    assert delete(desk, bob)
