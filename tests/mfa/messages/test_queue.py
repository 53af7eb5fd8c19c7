"""The queue: rows that wake a worker, the sweep, broker outages, and feedback."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from queue import Empty

import pytest
import time_machine
from celery import Celery
from django.test import TestCase

from accounts.models import User
from mfa import challenges, channels
from mfa.challenges import Outcome
from mfa.channels.base import DeliveryError, Sent
from mfa.client import Client
from mfa.messages import notices, queue as deliveries, worker
from mfa.models import Challenge, Delivery, OutboxMessage, Reason
from mfa.rules.methods import ChannelName
from portal.celery import app as portal_app
from tests.conftest import NOON
from tests.mfa.messages.wires import PHONE, State, Wire, notice
from tests.portal_client import Browser, code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# The row and the wake-up
def test_row_waits_for_worker(row: Delivery, question: Challenge, alice: User) -> None:
    assert (row.state, row.created_at, row.claimed_at, row.finished_at) == (
        State.QUEUED,
        NOON,
        None,
        None,
    )
    assert (row.user, row.challenge, row.message, row.context) == (alice, question, "code", {})
    assert (row.channel, row.target, row.attempt) == ("sms", PHONE, 1)


def test_row_is_named_without_its_target(row: Delivery) -> None:
    assert str(row) == "Login code (Text)"


def test_worker_wakes_when_row_is_committed(sms: Wire, alice: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notice(alice)
        assert not sms.carried
    assert len(sms.carried) == 1


def test_queue_carries_only_the_row_id(question: Challenge) -> None:
    with (
        broker("memory://") as app,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        again = deliveries.queue(
            question.user, "code", channel="sms", target=PHONE, challenge=question
        )
    with app.connection() as connection:
        queued = connection.SimpleQueue("sms").get(timeout=5)
        queued.ack()
    assert queued.payload[:2] == [[again.pk], {}]
    everything = f"{queued.payload}{queued.headers}{queued.properties}"
    assert PHONE not in everything
    assert question.code_for(question.browser) not in everything


def test_mail_does_not_queue_behind_texts(alice: User) -> None:
    """A hanging provider of texts must not delay emails."""
    with (
        broker("memory://") as app,
        app.connection() as emptied,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        # This process's memory is the queue. Other tests may have left something in it.
        emptied.SimpleQueue("celery").clear()
        mail = deliveries.queue(alice, "code", channel="email", target=alice.email)
    with app.connection() as connection:
        queued = connection.SimpleQueue("celery").get(timeout=5)
        queued.ack()
    assert queued.payload[0] == [mail.pk]


# Feedback
@pytest.fixture
def curious(sms: Wire) -> Wire:
    """A provider that is to know which codes came back."""
    sms.wants_feedback = True
    return sms


@pytest.fixture
def taken(curious: Wire, row: Delivery) -> Delivery:
    """The question's text, taken by that provider."""
    worker.deliver(row.pk)
    row.refresh_from_db()
    return row


def answer(question: Challenge, typed: str = "") -> Outcome:
    """An answer from the right session, and what its commit sets off."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        result = challenges.judge(
            question,
            question.user,
            typed or question.code_for(question.browser),
            nonce="session",
            client=Client("", ""),
        )
    return result.outcome


def test_right_code_is_reported_to_provider_once(
    curious: Wire, taken: Delivery, question: Challenge
) -> None:
    assert answer(question, "wrong!") is Outcome.WRONG
    assert curious.confirmed == []
    assert answer(question) is Outcome.RIGHT
    assert answer(question) is Outcome.SPENT
    assert curious.confirmed == ["provider's id"]
    taken.refresh_from_db()
    assert taken.confirmed_at == NOON


def test_duplicate_feedback_task_reports_once(curious: Wire, taken: Delivery) -> None:
    worker.report(taken.pk)
    worker.report(taken.pk)
    assert curious.confirmed == ["provider's id"]


def test_feedback_goes_to_newest_accepted_text(
    curious: Wire, taken: Delivery, question: Challenge
) -> None:
    again = {"challenge": question, "channel": "sms", "target": PHONE}
    second, third, fourth = (deliveries.queue(question.user, "code", **again) for _ in range(3))
    Delivery.objects.filter(pk=second.pk).update(state=State.SENT, provider_id="second")
    Delivery.objects.filter(pk=third.pk).update(state=State.FAILED, provider_id="third")
    Delivery.objects.filter(pk=fourth.pk).update(state=State.MAYBE)
    answer(question)
    assert curious.confirmed == ["second"]


def test_no_feedback_for_unaccepted_text(curious: Wire, row: Delivery, question: Challenge) -> None:
    curious.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE)
    worker.deliver(row.pk)
    assert answer(question) is Outcome.RIGHT
    assert curious.confirmed == []


def test_no_feedback_for_emailed_code(curious: Wire, mailed: Delivery) -> None:
    channels.get("email").wants_feedback = True
    worker.deliver(mailed.pk)
    assert answer(mailed.challenge) is Outcome.RIGHT
    assert curious.confirmed == channels.get("email").confirmed == []


def test_failed_feedback_is_harmless_and_not_repeated(
    curious: Wire, taken: Delivery, question: Challenge, caplog: pytest.LogCaptureFixture
) -> None:
    curious.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="cut")
    assert answer(question) is Outcome.RIGHT
    worker.report(taken.pk)
    assert len(curious.confirmed) == 1
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == (
        f"delivery {taken.pk}: the provider did not take the feedback:"
        " network (code cut, sent: maybe)"
    )


def waiting(app: Celery) -> list[object]:
    """What waits for the worker that sends texts."""
    found = []
    with app.connection() as connection, suppress(Empty):
        queue = connection.SimpleQueue("sms")
        while True:
            message = queue.get(block=False)
            message.ack()
            found.append((message.headers["task"], message.payload[:2]))
    return found


def test_login_leaves_feedback_to_worker(
    curious: Wire, taken: Delivery, question: Challenge
) -> None:
    with broker("memory://") as app:
        waiting(app)
        answer(question)
        assert waiting(app) == [("mfa.deliveries.report", [[taken.pk], {}])]
    assert curious.confirmed == []


def test_no_feedback_is_queued_if_it_is_off(
    curious: Wire,
    taken: Delivery,
    question: Challenge,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    curious.wants_feedback = False
    with broker("memory://") as app:
        waiting(app)
        answer(question)
        assert waiting(app) == []
    with django_assert_num_queries(0):
        deliveries.confirm(question)


def test_login_works_if_broker_is_down_for_feedback(
    curious: Wire, taken: Delivery, question: Challenge, nobody_home: str
) -> None:
    with broker(nobody_home):
        assert answer(question) is Outcome.RIGHT
    assert curious.confirmed == []


# The sweep
def test_sweep_wakes_untaken_rows(sms: Wire, row: Delivery, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(seconds=6))
    deliveries.sweep()
    row.refresh_from_db()
    assert (len(sms.carried), row.state) == (1, State.ACCEPTED)


def test_notice_is_sent_when_mail_server_is_back(
    email: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    """NT-02: the person must be notified, and nobody requests it again."""
    row = notice(alice, ChannelName.EMAIL)
    email.trouble = DeliveryError(Reason.NETWORK)
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.finished_at) == (State.QUEUED, Reason.NETWORK, None)
    email.trouble = None
    deliveries.sweep()
    assert len(email.carried) == 1
    clock.shift(timedelta(seconds=61))
    deliveries.sweep()
    row.refresh_from_db()
    assert (row.state, row.reason, len(email.carried)) == (State.ACCEPTED, "", 2)


def test_each_pause_before_the_next_try_is_longer(
    email: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    notice(alice, ChannelName.EMAIL)
    email.trouble = DeliveryError(Reason.BUSY)
    tried = []
    for second in range(10 * 60):
        clock.move_to(NOON + timedelta(seconds=second))
        deliveries.sweep()
        tried.append(len(email.carried))
    assert [tried.index(number) for number in range(1, 6)] == [6, 67, 134, 268, 536]


def test_retries_end_after_a_day(email: Wire, alice: User, clock: time_machine.Traveller) -> None:
    row = notice(alice, ChannelName.EMAIL)
    email.trouble = DeliveryError(Reason.NETWORK)
    clock.shift(timedelta(days=1))
    deliveries.sweep()
    row.refresh_from_db()
    assert (row.state, row.reason, row.finished_at) == (
        State.FAILED,
        Reason.NETWORK,
        NOON + timedelta(days=1),
    )


@pytest.mark.parametrize(
    "trouble",
    [
        DeliveryError(Reason.REFUSED, permanent=True),
        DeliveryError(Reason.NETWORK, sent=Sent.MAYBE),
    ],
)
def test_permanent_fault_or_maybe_sent_is_not_retried(
    email: Wire, alice: User, clock: time_machine.Traveller, trouble: DeliveryError
) -> None:
    row = notice(alice, ChannelName.EMAIL)
    email.trouble = trouble
    worker.deliver(row.pk)
    clock.shift(timedelta(hours=1))
    deliveries.sweep()
    assert len(email.carried) == 1


def test_emailed_code_is_not_retried(
    email: Wire, mailed: Delivery, clock: time_machine.Traveller
) -> None:
    email.trouble = DeliveryError(Reason.NETWORK)
    worker.deliver(mailed.pk)
    mailed.refresh_from_db()
    assert mailed.state == State.FAILED


def test_sweep_leaves_fresh_rows_to_their_wake_up(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=5))
    deliveries.sweep()
    assert not sms.carried


def test_sweep_wakes_oldest_and_not_all_at_once(
    sms: Wire, alice: User, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "SWEEP", 2)
    rows = [notice(alice) for _ in range(3)]
    Delivery.objects.filter(pk=rows[0].pk).update(created_at=NOON + timedelta(seconds=1))
    clock.shift(timedelta(minutes=1))
    deliveries.sweep()
    assert Delivery.objects.get(state=State.QUEUED) == rows[0]


@pytest.fixture
def abandoned(sms: Wire, row: Delivery) -> Delivery:
    """A row whose worker died while sending."""
    sms.meanwhile = sys.exit
    with pytest.raises(SystemExit):
        worker.deliver(row.pk)
    return row


def test_row_claimed_by_dead_worker_is_still_being_sent(abandoned: Delivery) -> None:
    abandoned.refresh_from_db()
    assert abandoned.state == State.SENDING


def test_sweep_closes_stale_row_as_maybe_sent(
    sms: Wire, abandoned: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=61))
    deliveries.sweep()
    abandoned.refresh_from_db()
    assert (abandoned.state, abandoned.reason) == (State.MAYBE, Reason.INTERNAL)
    assert abandoned.finished_at == NOON + timedelta(seconds=61)
    assert len(sms.carried) == 1


def test_sweep_gives_slow_worker_its_minute(
    abandoned: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=60))
    deliveries.sweep()
    abandoned.refresh_from_db()
    assert abandoned.state == State.SENDING


def test_sweep_ignores_finished_rows(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    worker.deliver(row.pk)
    clock.shift(timedelta(days=1))
    deliveries.sweep()
    row.refresh_from_db()
    assert (row.state, len(sms.carried)) == (State.ACCEPTED, 1)


# A broker that is down
class broker:  # noqa: N801 a context manager reads as a word
    """The portal with a real queue at this address instead of the eager one."""

    def __init__(self, address: str) -> None:
        self.app = Celery("portal", broker=address, set_as_current=False)
        self.app.config_from_object("django.conf:settings", namespace="CELERY")
        # With a stopped clock a second attempt would wait forever.
        options = {"max_retries": 0}
        self.app.conf.update(
            broker_url=address, broker_transport_options=options, task_always_eager=False
        )

    def __enter__(self) -> Celery:
        self.app.set_current()
        return self.app

    def __exit__(self, *_: object) -> None:
        portal_app.set_current()


@pytest.fixture
def nobody_home() -> Iterator[str]:
    """A Redis address at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{bound.getsockname()[1]}/0"


def test_page_works_if_broker_is_down(browser: Browser, alice: User, nobody_home: str) -> None:
    with broker(nobody_home):
        assert browser.password(alice).url == "/login/verify/"
    assert Delivery.objects.get().state == State.QUEUED
    assert "number ending 01" in browser.get("/login/verify/").content.decode()


def test_unusual_login_is_notified_when_broker_is_back(
    home: Browser,
    other_browser: Browser,
    alice: User,
    nobody_home: str,
    clock: time_machine.Traveller,
) -> None:
    """LG-09: an attacker must not log in unnoticed by stopping Redis."""
    other_browser.password(alice)
    with broker(nobody_home):
        other_browser.post("/login/verify/", {"code": code(PHONE)})
    assert other_browser.signed_in
    for _ in range(2):
        clock.shift(timedelta(seconds=31))
        notices.catch_up()
    deliveries.sweep()
    told = OutboxMessage.objects.filter(target=alice.email, subject__contains="new login")
    assert told.count() == 1


def test_sweep_sends_same_code_when_broker_is_back(
    browser: Browser, alice: User, nobody_home: str, clock: time_machine.Traveller
) -> None:
    with broker(nobody_home):
        browser.password(alice)
    assert codes(PHONE) == []
    clock.shift(timedelta(seconds=6))
    deliveries.sweep()
    browser.post("/login/verify/", {"code": code(PHONE)})
    assert browser.signed_in


# Bulk
def bulk(alice: User, number: int) -> list[Delivery]:
    return [
        deliveries.queue(alice, "skipped", channel="email", target=alice.email, bulk=True)
        for _ in range(number)
    ]


def test_bulk_leaves_at_the_set_rate_and_oldest_first(alice: User, settings) -> None:
    settings.BULK_MAIL_RATE = 3
    rows = bulk(alice, 5)
    assert not OutboxMessage.objects.exists()
    for sent in (3, 5, 5):
        deliveries.send_bulk()
        assert Delivery.objects.exclude(state=State.QUEUED).count() == sent
    assert Delivery.objects.get(pk=rows[0].pk).state == State.ACCEPTED


def test_waiting_bulk_is_neither_swept_nor_a_fault(alice: User, clock) -> None:
    """A code never waits behind it, and its age says nothing about the worker."""
    bulk(alice, 3)
    clock.shift(timedelta(minutes=5))
    deliveries.sweep()
    assert Delivery.objects.filter(state=State.QUEUED).count() == 3
    assert deliveries.oldest_waiting() is None
    minute = timedelta(minutes=1)
    assert deliveries.bulk_stands(NOON + timedelta(minutes=5), minute)
    deliveries.send_bulk()
    assert not deliveries.bulk_stands(NOON + timedelta(minutes=5), minute)


def test_bulk_is_retried_after_the_rest(alice: User, clock) -> None:
    tried, fresh = bulk(alice, 2)
    Delivery.objects.filter(pk=tried.pk).update(claimed_at=NOON)
    deliveries.send_bulk()
    assert Delivery.objects.get(pk=fresh.pk).state == State.ACCEPTED
    assert Delivery.objects.get(pk=tried.pk).state == State.QUEUED
    clock.shift(timedelta(minutes=2))
    deliveries.send_bulk()
    assert Delivery.objects.get(pk=tried.pk).state == State.ACCEPTED
