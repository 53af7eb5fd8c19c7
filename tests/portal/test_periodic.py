"""Periodic tasks in the web process: no message is left behind."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from mfa.models import Delivery, OutboxMessage
from portal import periodic


class Minutes:
    """In place of the event that ends the tasks: its waits take no real time."""

    def __init__(self, clock: time_machine.Traveller, minutes: int) -> None:
        self.clock, self.left = clock, timedelta(minutes=minutes)

    def wait(self, seconds: float) -> bool:
        # A moment more than asked for, so that rounding never leaves the time where it is.
        passed = timedelta(seconds=seconds + 0.01)
        self.clock.shift(passed)
        self.left -= passed
        return self.left < timedelta()


@pytest.fixture
def lost(transactional_db: None, clock, alice: User) -> Delivery:
    """A mail that was to go out in a process that has ended."""
    return Delivery.objects.create(
        user=alice,
        message="number_changed",
        context={"old_ending": "01", "new_ending": "02"},
        channel="email",
        target=alice.email,
        created_at=timezone.now(),
    )


def test_lost_email_is_sent_by_sweep(clock, lost: Delivery) -> None:
    periodic.run(Minutes(clock, 1))
    lost.refresh_from_db()
    assert lost.state == Delivery.State.ACCEPTED
    assert OutboxMessage.objects.get().target == lost.target


def test_mail_is_tried_again_once_server_is_back(clock, lost: Delivery, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    periodic.run(Minutes(clock, 1))
    lost.refresh_from_db()
    assert lost.state == Delivery.State.QUEUED
    settings.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
    periodic.run(Minutes(clock, 5))
    lost.refresh_from_db()
    assert lost.state == Delivery.State.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_periodic_thread_ends_with_event() -> None:
    stop = periodic.start()
    [thread] = [each for each in threading.enumerate() if each.name == periodic.NAME]
    assert thread.daemon
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
