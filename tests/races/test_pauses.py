"""A pause that starts while its person becomes staff (S04)."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.audit import NOWHERE
from mfa.models import Pause
from mfa.pauses import Refusal
from tests.conftest import make_user
from tests.portal_client import Browser
from tests.races.parallel import at_once, many
from tests.stations import office

__all__ = ["office"]

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
DETAILS = {"full_name": "", "language": "en", "is_active": "on"}


def promote(office: Browser, user: User, **powers: object) -> int:
    page = f"/admin/accounts/user/{user.pk}/change/"
    return office.post(page, DETAILS | powers).status_code


@pytest.mark.parametrize("power", ["is_staff", "is_superuser", "groups"])
def test_new_staff_never_keep_a_pause(office: Browser, root: User, power: str) -> None:
    """Two helpers press Save at the same time, repeatedly."""
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


def test_one_of_eight_parallel_pauses_starts(alice: User, root: User) -> None:
    """S06."""
    given = many(8, lambda: pauses.start(alice, reason="lost phone", hours=24, by=root))
    assert given.count(Refusal.RUNNING) == 7
    assert Pause.objects.count() == 1


def test_logins_in_progress_end_with_their_pause(alice: User, root: User) -> None:
    """S06: eight passwords are right while an administrator ends the pause."""
    pause = pauses.start(alice, reason="lost phone", hours=24, by=root)
    thieves = [Browser() for _ in range(8)]
    at_once(
        [
            *(lambda each=each: each.password(alice) for each in thieves),
            lambda: pauses.end(pause, alice, by=root, client=NOWHERE),
        ]
    )
    assert [each.get("/me/").status_code for each in thieves] == [302] * 8
