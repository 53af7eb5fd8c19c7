"""A pause that starts while its person becomes staff (S04)."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.models import Pause
from tests.conftest import make_user
from tests.portal_client import Browser
from tests.races.parallel import at_once
from tests.stations import office

__all__ = ["office"]

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
DETAILS = {"full_name": "", "language": "en", "is_active": "on"}


def promote(office: Browser, user: User, **powers: object) -> int:
    page = f"/admin/accounts/user/{user.pk}/change/"
    return office.post(page, DETAILS | powers).status_code


@pytest.mark.parametrize("power", ["is_staff", "is_superuser", "groups"])
def test_whichever_is_first_no_pause_is_left_for_the_new_staff(
    office: Browser, root: User, power: str
) -> None:
    """Two helpers press Save at the same moment, again and again."""
    value = str(Group.objects.get(name="Support").pk) if power == "groups" else "on"
    for number in range(ROUNDS):
        user = make_user(f"new{number}@example.org")
        _started, status = at_once(
            [
                lambda user=user: pauses.start(user, reason="lost phone", hours=24, by=root),
                lambda user=user: promote(office, user, **{power: value}),
            ]
        )
        assert status == 302
        assert User.objects.get(pk=user.pk).has_powers
        assert not Pause.objects.running(timezone.now()).exists()
