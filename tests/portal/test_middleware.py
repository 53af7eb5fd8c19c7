"""One page for every refusal; headers for every answer."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory

from mfa.limits import TooMany
from portal.middleware import Refusals, SecurityHeaders
from tests.conftest import NOON


def test_a_refusal_becomes_a_page_that_says_when(
    clock: time_machine.Traveller, rf: RequestFactory, db: None
) -> None:
    """WB-06."""
    refusals = Refusals(lambda _request: HttpResponse())
    response = refusals.process_exception(rf.get("/"), TooMany(NOON + timedelta(seconds=90)))
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "90"
    assert "Please wait a little" in response.content.decode()


def test_a_refusal_that_just_ended_waits_one_second(
    clock: time_machine.Traveller, rf: RequestFactory, db: None
) -> None:
    refusals = Refusals(lambda _request: HttpResponse())
    response = refusals.process_exception(rf.get("/"), TooMany(NOON))
    assert response.headers["Retry-After"] == "1"


def test_a_fault_stays_a_fault(rf: RequestFactory) -> None:
    refusals = Refusals(lambda _request: HttpResponse())
    assert refusals.process_exception(rf.get("/"), ValueError()) is None


@pytest.mark.parametrize("header", ["Cache-Control", "Permissions-Policy"])
def test_a_view_may_know_better(rf: RequestFactory, header: str) -> None:
    answer = HttpResponse(headers={header: "mine"})
    assert SecurityHeaders(lambda _request: answer)(rf.get("/")).headers[header] == "mine"
