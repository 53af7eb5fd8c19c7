"""Requests after a lost phone, in parallel: one is open, and each notice is sent once (E13)."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine

from accounts.models import User
from accounts.people import recoveries as owners
from mfa import audit, passes, recoveries
from mfa.challenges import Outcome as Verdict
from mfa.client import Client
from mfa.limits.counters import TooMany
from mfa.models import AuditEvent, Event, OneTimePass, OutboxMessage, RecoveryRequest
from mfa.recoveries import NotStarted
from mfa.rules.recovery import normalize
from tests.one_time_passes import made
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

HERE, THERE = Client("198.51.100.1", "Firefox"), Client("192.0.2.1", "Firefox")
Outcome = RecoveryRequest.Outcome


def count(event: Event) -> int:
    return AuditEvent.objects.filter(event=event).count()


def test_two_sessions_start_one_request(alice: User) -> None:
    sessions = [partial(recoveries.start, alice, client=at) for at in (HERE, THERE) * 4]
    given = at_once(sessions)
    assert given.count(NotStarted.OPEN) == 7
    assert RecoveryRequest.objects.count() == count(Event.RECOVERY_STARTED) == 1


def test_parallel_requests_of_one_network_use_its_limit_once(alice: User) -> None:
    given = many(6, lambda: recoveries.start(alice, client=HERE))
    assert not [one for one in given if isinstance(one, TooMany)]


def test_parallel_workers_send_each_notice_once(alice: User) -> None:
    recoveries.start(alice, client=HERE)
    with time_machine.travel(RecoveryRequest.objects.get().ready_at, tick=False):
        many(4, recoveries.remind)
        assert count(Event.RECOVERY_READY) == 1
    with time_machine.travel(RecoveryRequest.objects.get().ends_at, tick=False):
        many(4, recoveries.remind)
    assert count(Event.RECOVERY_ENDED) == 1
    mails = OutboxMessage.objects.filter(channel="email", target=alice.email)
    assert mails.count() == 3


def test_owner_stops_at_the_moment_of_the_setup(alice: User) -> None:
    """Either the request led to the new phone, or the owner stopped it; never both."""
    request = recoveries.start(alice, client=HERE)
    assert isinstance(request, RecoveryRequest)
    late = timedelta(minutes=1)
    with time_machine.travel(request.ready_at + late, tick=False):
        alice.refresh_from_db()
        ways = (
            partial(recoveries.stop, alice, Outcome.USED),
            partial(recoveries.stop, alice, Outcome.FOUND),
            partial(recoveries.stop, alice, Outcome.LOGIN),
        )
        assert sorted(at_once(ways)) == [False, False, True]
    assert count(Event.RECOVERY_ENDED) == 1


def test_parallel_reports_by_the_link_end_the_password_once(alice: User) -> None:
    request = recoveries.start(alice, client=HERE)
    assert isinstance(request, RecoveryRequest)
    many(4, lambda: owners.disown(request, User.objects.get(pk=alice.pk), client=audit.NOWHERE))
    assert count(Event.DISOWNED) == count(Event.RECOVERY_ENDED) == 1
    alice.refresh_from_db()
    assert not alice.has_usable_password()
    assert alice.recovery_ready_at is None


def test_two_browsers_use_one_pass_once(alice: User, root: User) -> None:
    """Back4: in one instant."""
    typed = normalize(made(root, alice))
    assert isinstance(typed, str)
    person = User.objects.get(pk=alice.pk)
    given = many(6, lambda: passes.spend(person, typed, client=HERE).outcome)
    assert sorted(given) == [Verdict.RIGHT, *[Verdict.SPENT] * 5]
    assert count(Event.PASS_USED) == 1


def test_pass_is_used_or_cancelled(alice: User, root: User) -> None:
    typed = normalize(made(root, alice))
    assert isinstance(typed, str)
    used, cancelled = at_once(
        (
            lambda: passes.spend(alice, typed, client=HERE).outcome is Verdict.RIGHT,
            lambda: passes.cancel(alice, client=THERE),
        )
    )
    assert used is not cancelled


def test_parallel_helpers_leave_one_pass(alice: User, root: User) -> None:
    many(4, lambda: made(root, alice))
    assert OneTimePass.objects.filter(ended_at=None).count() == 1
    assert OneTimePass.objects.count() == 4
