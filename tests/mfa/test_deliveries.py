"""Deliveries: carried once, dropped when dead, never repeated when nobody knows."""

import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from queue import Empty

import pytest
import time_machine
from celery import Celery
from django.core import serializers
from django.test import TestCase

from accounts.models import User
from mfa import answers, challenges, channels, deliveries, notices
from mfa.answers import Answer
from mfa.challenges import Target
from mfa.channels.base import (
    Channel,
    DeliveryError,
    Finding,
    Message,
    Progress,
    Receipt,
    Sent,
)
from mfa.models import Challenge, Delivery, Factor, OutboxMessage, Purpose, Reason
from mfa.origin import Origin
from mfa.rules.codes import browser_of
from mfa.rules.routes import ChannelName
from portal.celery import app as portal_app
from tests.conftest import NOON
from tests.portal_client import Browser, code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PHONE = "+447700900201"
State = Delivery.State


class Wire(Channel):
    """A channel whose far end is this test."""

    def __init__(self) -> None:
        self.carried: list[Message] = []
        self.progress = Progress.ACCEPTED
        self.trouble: Exception | None = None
        self.meanwhile: Callable[[], object] = bool
        self.confirmed: list[str] = []

    def send(self, message: Message) -> Receipt:
        self.carried.append(message)
        self.meanwhile()
        if self.trouble:
            raise self.trouble
        return Receipt("provider's id", self.progress)

    def confirm(self, provider_id: str) -> None:
        self.confirmed.append(provider_id)
        if self.trouble:
            raise self.trouble

    def check(self) -> list[Finding]:
        return []


def wires(settings) -> None:
    backend = {"BACKEND": f"{Wire.__module__}.Wire", "OPTIONS": {}}
    settings.MFA_CHANNELS = {"sms": backend, "email": backend}


@pytest.fixture
def sms(settings) -> Wire:
    wires(settings)
    return channels.get("sms")


@pytest.fixture
def email(settings) -> Wire:
    wires(settings)
    return channels.get("email")


@pytest.fixture
def question(alice: User) -> Challenge:
    """Asked, and not yet carried: nothing commits inside this test."""
    target = Target(channel=ChannelName.SMS, address=PHONE, factor=alice.factors.get())
    return challenges.issue(
        alice, target, purpose=Purpose.LOGIN, nonce="session", origin=Origin("", "")
    )


@pytest.fixture
def row(question: Challenge) -> Delivery:
    """The question's delivery."""
    return question.deliveries.get()


@pytest.fixture
def mailed(alice: User) -> Delivery:
    """A code on its way to alice's mailbox."""
    target = Target(channel=ChannelName.EMAIL, address=alice.email)
    return challenges.issue(
        alice, target, purpose=Purpose.LOGIN, nonce="session", origin=Origin("", "")
    ).deliveries.get()


def notice(user: User, channel: ChannelName = ChannelName.SMS) -> Delivery:
    target = PHONE if channel is ChannelName.SMS else user.email
    words = {"old_ending": "01", "new_ending": "02"}
    return deliveries.queue(user, "number_changed", channel=channel, target=target, context=words)


# The row and the wake-up


def test_a_row_waits_for_a_worker(row: Delivery, question: Challenge, alice: User) -> None:
    assert (row.state, row.created_at, row.claimed_at, row.finished_at) == (
        State.QUEUED,
        NOON,
        None,
        None,
    )
    assert (row.user, row.challenge, row.message, row.context) == (alice, question, "code", {})
    assert (row.channel, row.target, row.attempt) == ("sms", PHONE, 1)


def test_a_row_is_named_without_its_target(row: Delivery) -> None:
    assert str(row) == "code by sms"


def test_the_worker_wakes_when_the_row_is_committed(sms: Wire, alice: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notice(alice)
        assert not sms.carried
    assert len(sms.carried) == 1


def test_the_queue_carries_the_row_s_number_and_nothing_else(question: Challenge) -> None:
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


def test_a_mail_does_not_queue_behind_texts(alice: User) -> None:
    """A provider of texts that hangs must not hold up the way round it."""
    with (
        broker("memory://") as app,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        mail = deliveries.queue(alice, "code", channel="email", target=alice.email)
    with app.connection() as connection:
        queued = connection.SimpleQueue("celery").get(timeout=5)
        queued.ack()
    assert queued.payload[0] == [mail.pk]


# Carried once


@pytest.mark.parametrize(
    ("progress", "state"),
    [
        (Progress.ACCEPTED, State.ACCEPTED),
        (Progress.SENT, State.SENT),
        (Progress.DELIVERED, State.DELIVERED),
    ],
)
def test_a_carried_row_says_how_far_it_came(
    sms: Wire, row: Delivery, progress: Progress, state: State
) -> None:
    sms.progress = progress
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.provider_id, row.reason) == (state, "provider's id", "")
    assert (row.claimed_at, row.finished_at) == (NOON, NOON)


def test_a_second_worker_sends_nothing(sms: Wire, row: Delivery) -> None:
    deliveries.deliver(row.pk)
    deliveries.deliver(row.pk)
    assert len(sms.carried) == 1


@pytest.mark.parametrize("state", [state for state in State if state != State.QUEUED])
def test_only_a_waiting_row_is_carried(sms: Wire, row: Delivery, state: State) -> None:
    Delivery.objects.update(state=state)
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    assert (sms.carried, row.state) == ([], state)


def test_a_row_that_is_gone_is_nobody_s_trouble(sms: Wire) -> None:
    deliveries.deliver(4711)
    assert not sms.carried


def test_a_row_is_claimed_before_it_is_carried(sms: Wire, row: Delivery) -> None:
    seen: list[str] = []
    sms.meanwhile = lambda: seen.append(Delivery.objects.get(pk=row.pk).state)
    deliveries.deliver(row.pk)
    assert seen == [State.SENDING]


def test_a_worker_that_was_given_up_does_not_reopen_the_row(sms: Wire, row: Delivery) -> None:
    sms.meanwhile = lambda: Delivery.objects.update(state=State.MAYBE)
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    assert row.state == State.MAYBE


# What it says


def test_a_text_carries_the_session_s_code(sms: Wire, row: Delivery, question: Challenge) -> None:
    deliveries.deliver(row.pk)
    expected = question.code_for(browser_of("session"))
    (message,) = sms.carried
    assert message.to == PHONE
    assert message.text.splitlines()[-1] == f"@testserver #{expected}"
    assert (message.subject, message.html) == ("", "")


def test_a_text_lives_no_longer_than_its_code(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=90))
    deliveries.deliver(row.pk)
    assert sms.carried[0].life_seconds == 510


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (timedelta(), "It expires in 10 minutes."),
        (timedelta(minutes=5, seconds=40), "It expires in 4 minutes."),
        (timedelta(minutes=9, seconds=50), "It expires in 1 minute."),
    ],
)
def test_a_text_tells_the_minutes_that_are_left(
    sms: Wire,
    row: Delivery,
    clock: time_machine.Traveller,
    late: timedelta,
    words: str,
) -> None:
    clock.shift(late)
    deliveries.deliver(row.pk)
    assert words in sms.carried[0].text


def test_the_attempt_travels_along(sms: Wire, row: Delivery) -> None:
    Delivery.objects.update(attempt=3)
    deliveries.deliver(row.pk)
    assert sms.carried[0].attempt == 3


def test_a_mail_has_a_subject_of_one_line_and_two_bodies(email: Wire, mailed: Delivery) -> None:
    deliveries.deliver(mailed.pk)
    (message,) = email.carried
    assert message.to == "alice@example.org"
    assert message.subject == "Acme Portal: your sign-in code"
    sent = mailed.challenge.code_for(mailed.challenge.browser)
    assert sent in message.text
    assert sent in message.html
    assert "<" not in message.text


def test_a_notice_has_no_end(sms: Wire, alice: User) -> None:
    deliveries.deliver(notice(alice).pk)
    assert sms.carried[0].life_seconds is None


def test_a_notice_says_its_words(email: Wire, alice: User) -> None:
    deliveries.deliver(notice(alice, ChannelName.EMAIL).pk)
    text = email.carried[0].text
    assert "now go to the number ending 02. Before, they went to the number ending 01." in text
    assert "tell the help desk" in text
    assert "2 March 2026, 12:00 UTC" in text


def test_a_message_speaks_its_person_s_language(email: Wire, alice: User) -> None:
    User.objects.update(language="de")
    deliveries.deliver(notice(alice, ChannelName.EMAIL).pk)
    assert "2 März 2026, 12:00 UTC" in email.carried[0].text


# Dead before it left (OT-13)


@pytest.mark.parametrize(
    "death",
    [
        {"passed_at": NOON},
        {"voided_at": NOON},
        {"expires_at": NOON},
        {"tries_left": 0},
        {"key": "00000000"},
    ],
    ids=["passed", "replaced", "expired", "spent", "unknown key"],
)
def test_a_dead_code_is_not_carried(sms: Wire, row: Delivery, death: dict[str, object]) -> None:
    Challenge.objects.update(**death)
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    assert (sms.carried, row.state, row.finished_at) == ([], State.DROPPED, NOON)


# Trouble


def test_what_was_refused_has_failed(sms: Wire, row: Delivery) -> None:
    sms.trouble = DeliveryError(Reason.UNREACHABLE, code="30003")
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.FAILED, Reason.UNREACHABLE, "30003")
    assert (row.provider_id, row.finished_at) == ("", NOON)


def test_what_may_have_left_is_maybe_sent(sms: Wire, row: Delivery) -> None:
    sms.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="cut")
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.MAYBE, Reason.NETWORK, "cut")


@pytest.mark.parametrize("sent", Sent)
def test_neither_is_ever_repeated_by_itself(
    sms: Wire, row: Delivery, clock: time_machine.Traveller, sent: Sent
) -> None:
    sms.trouble = DeliveryError(Reason.NETWORK, sent=sent)
    deliveries.deliver(row.pk)
    clock.shift(timedelta(minutes=5))
    deliveries.sweep()
    deliveries.deliver(row.pk)
    assert len(sms.carried) == 1


def test_the_log_tells_the_reason_but_neither_number_nor_code(
    sms: Wire, row: Delivery, question: Challenge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sms.trouble = DeliveryError(Reason.UNREACHABLE)
    deliveries.deliver(row.pk)
    told = [record.getMessage() for record in caplog.records if record.name == "mfa.deliveries"]
    assert told == [f"delivery {row.pk} by sms: failed unreachable"]
    assert PHONE not in caplog.text
    assert question.code_for(question.browser) not in caplog.text


def test_no_column_ever_holds_the_code(sms: Wire, row: Delivery, question: Challenge) -> None:
    deliveries.deliver(row.pk)
    dump = serializers.serialize("json", Delivery.objects.all())
    assert question.code_for(question.browser) not in dump


def test_a_provider_s_failure_lets_nobody_in_and_shows_no_detail(
    sms: Wire, browser: Browser, alice: User
) -> None:
    sms.trouble = DeliveryError(Reason.UNREACHABLE, code="30003")
    browser.password(alice)
    page = browser.get("/login/verify/").content.decode()
    assert "the phone is switched off or out of reach" in page
    assert "30003" not in page
    assert not browser.signed_in


def test_after_a_failed_text_the_code_comes_by_email(browser: Browser, alice: User) -> None:
    Factor.objects.update(target="+447700900002")
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in


# Feedback


@pytest.fixture
def curious(sms: Wire) -> Wire:
    """A provider that is to know which codes came back."""
    sms.wants_feedback = True
    return sms


@pytest.fixture
def taken(curious: Wire, row: Delivery) -> Delivery:
    """The question's text, taken by that provider."""
    deliveries.deliver(row.pk)
    row.refresh_from_db()
    return row


def answer(question: Challenge, typed: str = "") -> Answer:
    """An answer from the right session, and what its commit sets off."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        judgement = answers.judge(
            question,
            question.user,
            typed or question.code_for(question.browser),
            nonce="session",
            origin=Origin("", ""),
        )
    return judgement.answer


def test_the_provider_hears_of_a_right_code_once(
    curious: Wire, taken: Delivery, question: Challenge
) -> None:
    assert answer(question, "wrong!") is Answer.WRONG
    assert curious.confirmed == []
    assert answer(question) is Answer.RIGHT
    assert answer(question) is Answer.SPENT
    assert curious.confirmed == ["provider's id"]
    taken.refresh_from_db()
    assert taken.confirmed_at == NOON


def test_a_report_that_a_broker_brings_twice_is_made_once(curious: Wire, taken: Delivery) -> None:
    deliveries.report(taken.pk)
    deliveries.report(taken.pk)
    assert curious.confirmed == ["provider's id"]


def test_of_a_repeated_code_the_newest_text_that_was_taken_counts(
    curious: Wire, taken: Delivery, question: Challenge
) -> None:
    again = {"challenge": question, "channel": "sms", "target": PHONE}
    second, third, fourth = (deliveries.queue(question.user, "code", **again) for _ in range(3))
    Delivery.objects.filter(pk=second.pk).update(state=State.SENT, provider_id="second")
    Delivery.objects.filter(pk=third.pk).update(state=State.FAILED, provider_id="third")
    Delivery.objects.filter(pk=fourth.pk).update(state=State.MAYBE)
    answer(question)
    assert curious.confirmed == ["second"]


def test_of_a_text_that_nobody_took_nothing_is_told(
    curious: Wire, row: Delivery, question: Challenge
) -> None:
    curious.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE)
    deliveries.deliver(row.pk)
    assert answer(question) is Answer.RIGHT
    assert curious.confirmed == []


def test_of_a_mailed_code_nothing_is_told(curious: Wire, mailed: Delivery) -> None:
    channels.get("email").wants_feedback = True
    deliveries.deliver(mailed.pk)
    assert answer(mailed.challenge) is Answer.RIGHT
    assert curious.confirmed == channels.get("email").confirmed == []


def test_feedback_that_fails_harms_nobody_and_is_not_repeated(
    curious: Wire, taken: Delivery, question: Challenge, caplog: pytest.LogCaptureFixture
) -> None:
    curious.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="cut")
    assert answer(question) is Answer.RIGHT
    deliveries.report(taken.pk)
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


def test_a_login_leaves_the_feedback_to_the_worker(
    curious: Wire, taken: Delivery, question: Challenge
) -> None:
    with broker("memory://") as app:
        waiting(app)
        answer(question)
        assert waiting(app) == [("mfa.deliveries.report", [[taken.pk], {}])]
    assert curious.confirmed == []


def test_where_nobody_wants_to_know_nothing_is_asked_or_queued(
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


def test_a_login_does_not_mind_a_broker_that_is_down_for_the_feedback(
    curious: Wire, taken: Delivery, question: Challenge, nobody_home: str
) -> None:
    with broker(nobody_home):
        assert answer(question) is Answer.RIGHT
    assert curious.confirmed == []


# The sweep


def test_the_sweep_wakes_what_nobody_took(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=6))
    deliveries.sweep()
    row.refresh_from_db()
    assert (len(sms.carried), row.state) == (1, State.ACCEPTED)


def test_a_notice_is_mailed_once_the_mail_server_is_back(
    email: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    """NT-02: its person must be told, and nobody else asks for it again."""
    row = notice(alice, ChannelName.EMAIL)
    email.trouble = DeliveryError(Reason.NETWORK)
    deliveries.deliver(row.pk)
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


def test_a_day_later_it_is_tried_no_more(
    email: Wire, alice: User, clock: time_machine.Traveller
) -> None:
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
def test_what_fails_for_good_or_may_have_left_is_tried_no_more(
    email: Wire, alice: User, clock: time_machine.Traveller, trouble: DeliveryError
) -> None:
    row = notice(alice, ChannelName.EMAIL)
    email.trouble = trouble
    deliveries.deliver(row.pk)
    clock.shift(timedelta(hours=1))
    deliveries.sweep()
    assert len(email.carried) == 1


def test_a_code_is_asked_for_anew_instead(
    email: Wire, mailed: Delivery, clock: time_machine.Traveller
) -> None:
    email.trouble = DeliveryError(Reason.NETWORK)
    deliveries.deliver(mailed.pk)
    mailed.refresh_from_db()
    assert mailed.state == State.FAILED


def test_the_sweep_leaves_fresh_rows_to_their_wake_up(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=5))
    deliveries.sweep()
    assert not sms.carried


def test_the_sweep_wakes_the_oldest_and_not_all_at_once(
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
        deliveries.deliver(row.pk)
    return row


def test_what_a_dead_worker_took_is_still_being_sent(abandoned: Delivery) -> None:
    abandoned.refresh_from_db()
    assert abandoned.state == State.SENDING


def test_the_sweep_closes_it_as_maybe_sent(
    sms: Wire, abandoned: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=61))
    deliveries.sweep()
    abandoned.refresh_from_db()
    assert (abandoned.state, abandoned.reason) == (State.MAYBE, Reason.INTERNAL)
    assert abandoned.finished_at == NOON + timedelta(seconds=61)
    assert len(sms.carried) == 1


def test_the_sweep_gives_a_slow_worker_its_minute(
    abandoned: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=60))
    deliveries.sweep()
    abandoned.refresh_from_db()
    assert abandoned.state == State.SENDING


def test_the_sweep_leaves_what_is_done(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    deliveries.deliver(row.pk)
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
        # The clock stands still: a second attempt would wait for ever.
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


def test_a_page_does_not_mind_a_broker_that_is_down(
    browser: Browser, alice: User, nobody_home: str
) -> None:
    with broker(nobody_home):
        assert browser.password(alice).url == "/login/verify/"
    assert Delivery.objects.get().state == State.QUEUED
    assert "number ending 01" in browser.get("/login/verify/").content.decode()


def test_when_it_is_back_a_login_from_another_browser_is_told(
    home: Browser,
    other_browser: Browser,
    alice: User,
    nobody_home: str,
    clock: time_machine.Traveller,
) -> None:
    """LG-09: nobody shall take Redis away and log in unnoticed."""
    other_browser.password(alice)
    with broker(nobody_home):
        other_browser.post("/login/verify/", {"code": code(PHONE)})
    assert other_browser.signed_in
    for _ in range(2):
        clock.shift(timedelta(seconds=31))
        notices.catch_up()
    deliveries.sweep()
    told = OutboxMessage.objects.filter(target=alice.email, subject__contains="not like the others")
    assert told.count() == 1


def test_when_it_is_back_the_sweep_brings_the_same_code(
    browser: Browser, alice: User, nobody_home: str, clock: time_machine.Traveller
) -> None:
    with broker(nobody_home):
        browser.password(alice)
    assert codes(PHONE) == []
    clock.shift(timedelta(seconds=6))
    deliveries.sweep()
    browser.post("/login/verify/", {"code": code(PHONE)})
    assert browser.signed_in
