"""The cost of the most frequent requests: polls of the code page, and receipts."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from mfa.models import Delivery
from tests.portal_client import Browser
from tests.twilio_endpoint.receipts import report

MOST_CALLS_OF_A_POLL, MOST_CALLS_OF_A_RECEIPT = 2_000, 2_500
State = Delivery.State


def calls_of(client: Client, ask: Callable[[], HttpResponse]) -> int:
    """Count the calls of Python functions between the request and its answer."""
    handler, calls = client.handler, 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    def counted(environ: dict[str, object]) -> HttpResponse:
        sys.setprofile(note)
        try:
            return handler(environ)
        finally:
            sys.setprofile(None)

    client.handler = counted
    assert ask().status_code in {200, 204}
    client.handler = handler
    return calls


def test_delivery_poll_costs_few_queries(asked: Browser) -> None:
    Delivery.objects.update(state=State.SENT)
    asked.get("/login/verify/status/")
    assert calls_of(asked, lambda: asked.get("/login/verify/status/")) <= MOST_CALLS_OF_A_POLL


@pytest.mark.parametrize("status", ["sent", "delivered", "failed"])
def test_receipt_costs_few_queries(settings, client: Client, alice: User, status: str) -> None:
    settings.BASE_URL, settings.HTTPS = "https://portal.example.com", True
    Browser().password(alice)
    Delivery.objects.update(state=State.ACCEPTED, provider_id="SM" + "b" * 32)
    row = Delivery.objects.get()
    # The first of each kind warms up.
    report(client, row, status)
    Delivery.objects.update(state=State.ACCEPTED)
    assert calls_of(client, lambda: report(client, row, status)) <= MOST_CALLS_OF_A_RECEIPT
