"""Waits under many failures at once."""

from functools import partial

import pytest
from django.utils import timezone

from mfa import waits
from mfa.limits import MINUTE, TooMany
from mfa.models import Wait
from mfa.waits import WRONG_PASSWORDS
from tests.races.parallel import many

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "alice@example.org"


def test_twenty_wrong_passwords_are_counted_one_by_one() -> None:
    costs = many(20, partial(waits.fail, WRONG_PASSWORDS, EMAIL))
    assert Wait.objects.get().failures == 20
    assert sorted(costs) == [WRONG_PASSWORDS.after(failures) for failures in range(1, 21)]


def test_the_longest_wait_among_parallel_failures_holds() -> None:
    many(12, partial(waits.fail, WRONG_PASSWORDS, EMAIL))
    with pytest.raises(TooMany) as caught:
        waits.check(WRONG_PASSWORDS, EMAIL)
    assert caught.value.until > timezone.now() + MINUTE
