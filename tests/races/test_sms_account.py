"""New SMS values in parallel: no confirmation makes other values live than those it tested."""

from functools import partial

import pytest

from accounts.models import User
from mfa import sms_account
from mfa.audit import NOWHERE
from mfa.models import AccountPolicy, AuditEvent, Event
from mfa.models.policies import SmsValues
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

TESTED = SmsValues("AC" + "e" * 32, "tested" * 5 + "ab", "+15005550009")
STRANGE = SmsValues("AC" + "f" * 32, "strange" * 4 + "abcd", "+15005550008")


def enter(values: SmsValues, root: User) -> None:
    sms_account.enter(values, by=root, origin=NOWHERE)


def test_values_swapped_during_the_confirmation_never_go_live(root: User) -> None:
    """S05: an administrator swaps them while the superuser's code is judged."""
    live = AccountPolicy.load().sms_values
    for _ in range(5):
        enter(TESTED, root)
        since = AccountPolicy.load().candidate_since
        confirm = partial(sms_account.confirm, since, by=root, way="code")
        at_once([confirm, partial(enter, STRANGE, root), confirm])
        policy = AccountPolicy.load()
        assert policy.sms_values in {live, TESTED}
        AccountPolicy.objects.update(candidate_since=None)
        policy.refresh_from_db()
        sms_account.replace(policy, live)


def test_of_twelve_confirmations_one_makes_them_live_and_is_told(root: User) -> None:
    enter(TESTED, root)
    since = AccountPolicy.load().candidate_since
    assert many(12, partial(sms_account.confirm, since, by=root, way="code")).count(True) == 1
    assert AuditEvent.objects.filter(event=Event.SMS_CONFIRMED).count() == 1
