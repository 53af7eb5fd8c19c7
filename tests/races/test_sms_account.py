"""New SMS values in parallel: a confirmation makes only the tested values live."""

from functools import partial

import pytest

from accounts.models import User
from mfa.audit import NOWHERE
from mfa.messages import sms_account
from mfa.models import AuditEvent, Event, SmsAccount
from mfa.models.sms_account import SmsValues
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

TESTED = SmsValues("AC" + "e" * 32, "tested" * 5 + "ab", "+15005550009")
STRANGE = SmsValues("AC" + "f" * 32, "strange" * 4 + "abcd", "+15005550008")


def enter(values: SmsValues, root: User) -> None:
    sms_account.enter(values, by=root, client=NOWHERE)


def test_values_swapped_during_the_confirmation_never_go_live(root: User) -> None:
    """S05: an administrator replaces them while the superuser's code is verified."""
    live = SmsAccount.load().values
    for _ in range(5):
        enter(TESTED, root)
        since = SmsAccount.load().candidate_since
        confirm = partial(sms_account.confirm, since, by=root, way="code")
        at_once([confirm, partial(enter, STRANGE, root), confirm])
        account = SmsAccount.load()
        assert account.values in {live, TESTED}
        SmsAccount.note(candidate_since=None)
        account.refresh_from_db()
        sms_account.replace(account, live)


def test_one_of_twelve_parallel_confirmations_counts(root: User) -> None:
    enter(TESTED, root)
    since = SmsAccount.load().candidate_since
    assert many(12, partial(sms_account.confirm, since, by=root, way="code")).count(True) == 1
    assert AuditEvent.objects.filter(event=Event.SMS_CONFIRMED).count() == 1
