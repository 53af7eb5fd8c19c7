"""Requests whose task or worker was lost: the sweep has them sent, and none is sent twice."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client, TestCase

from accounts.models import User
from mfa.factors.push import sending
from mfa.models import PushRequest
from mfa.rules.push import LIFE, RequestState
from tests.phones import KEY, WAIT, Phone, give_phone, words
from tests.portal_client import Browser
from tests.push_service import PushService

SECOND = timedelta(seconds=1)


class WithoutWorkers(Browser):
    """A browser whose requests are committed, and lose their tasks then."""

    def request(self, **request: object) -> HttpResponse:
        return Client.request(self, **request)


@pytest.fixture
def service(settings, clock):
    with PushService() as running:
        settings.VAPID_PRIVATE_KEY = KEY
        settings.PUSH_TEST_ENDPOINTS = [running.origin]
        yield running


@pytest.fixture
def phone(service: PushService, alice: User) -> Phone:
    return give_phone(alice, service)


@pytest.fixture
def lost(browser: Browser, alice: User, phone: Phone, service: PushService) -> PushRequest:
    """A request of a login whose task no worker got."""
    service.got.clear()
    alone = WithoutWorkers()
    alone.password(alice)
    browser.cookies = alone.cookies
    return PushRequest.objects.get(to=None)


def sweep() -> None:
    """The worker's beat."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        sending.sweep()


def test_request_without_task_is_sent_by_the_sweep(lost, clock, phone, browser) -> None:
    sweep()
    assert phone.messages == [], "its task may be on the way"
    clock.shift(sending.WAKE_AFTER + SECOND)
    sweep()
    assert phone.newest == str(lost.pk)
    clock.shift(sending.GIVE_UP_AFTER)
    sweep()
    assert len(phone.messages) == 1
    assert "Waiting for your phone" in words(browser.get(WAIT))


def test_request_of_dead_worker_is_sent_again(lost, clock, phone) -> None:
    clock.shift(sending.WAKE_AFTER + SECOND)
    assert sending.claim(lost.pk)
    sweep()
    assert phone.messages == [], "a worker has it"
    clock.shift(sending.GIVE_UP_AFTER + SECOND)
    sweep()
    assert len(phone.messages) == 1


def test_request_that_no_worker_sent_ends_in_words(lost, clock, phone, browser) -> None:
    clock.shift(LIFE)
    sweep()
    assert phone.messages == []
    assert "No answer from your phone within two minutes" in words(browser.get(WAIT))


@pytest.mark.parametrize("state", [RequestState.REPLACED, RequestState.DENIED])
def test_request_that_is_over_is_not_sent(lost, clock, phone, state) -> None:
    PushRequest.objects.filter(pk=lost.pk).update(state=state)
    clock.shift(sending.WAKE_AFTER + SECOND)
    sweep()
    assert phone.messages == []
