"""The flow of a logged-in person: its question, and the effect of a right answer."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import User
from mfa.challenges import Outcome
from mfa.login import flow as flows
from mfa.models import Challenge, Delivery
from mfa.rules.routes import Purpose
from mfa.session_engine import SessionStore
from tests.portal_client import code

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "+447700900240"


@pytest.fixture
def request_of_alice(alice: User) -> HttpRequest:
    request = RequestFactory().post("/me/phone/")
    request.session, request.user = SessionStore(), alice
    return request


@pytest.fixture
def asked(request_of_alice: HttpRequest, alice: User) -> flows.Flow:
    flow = flows.apart(request_of_alice, alice, Purpose.CHANGE)
    flow.ask(NEW)
    return flow


def test_flow_before_first_question_sends_nothing(
    request_of_alice: HttpRequest, alice: User
) -> None:
    flow = flows.apart(request_of_alice, alice, Purpose.CHANGE)
    assert flow.question is None
    assert flow.verify("123456").outcome is Outcome.EXPIRED
    flow.resend()
    assert not Challenge.objects.exists()


def test_next_request_finds_question(asked: flows.Flow, alice: User) -> None:
    again = flows.apart(asked.request, alice, Purpose.CHANGE)
    assert again.question == Challenge.objects.get()


def test_other_purpose_does_not_find_question(asked: flows.Flow, alice: User) -> None:
    test = flows.apart(asked.request, alice, Purpose.TEST)
    assert test.pending.nonce != asked.pending.nonce
    test.pending.challenge = asked.pending.challenge
    assert test.question is None


def test_other_person_does_not_find_question(asked: flows.Flow, charlie: User) -> None:
    theirs = flows.apart(asked.request, charlie, Purpose.CHANGE)
    assert theirs.pending.challenge == ""
    theirs.pending.challenge = asked.pending.challenge
    assert theirs.question is None


def test_right_answer_ends_flow_and_adds_number(asked: flows.Flow, alice: User) -> None:
    assert asked.verify(code(NEW)).outcome is Outcome.RIGHT
    assert asked.enrolled
    assert alice.factors.usable().get(kind="phone").target == NEW
    assert "mfa_change" not in asked.request.session


def test_same_answer_from_other_tab_restores_nothing(asked: flows.Flow, alice: User) -> None:
    """X5: a double click posts the code twice, and both read the session before a write."""
    late = flows.apart(asked.request, alice, Purpose.CHANGE)
    asked.verify(code(NEW))
    assert late.verify(code(NEW)).outcome is Outcome.SPENT
    assert "mfa_change" not in asked.request.session


def test_wrong_answer_keeps_value_and_writes_nothing(asked: flows.Flow, alice: User) -> None:
    """A parallel right answer may have changed the session."""
    before = dict(asked.request.session)
    asked.request.session.modified = False
    assert asked.verify("000000").outcome is Outcome.WRONG
    assert not asked.request.session.modified
    assert dict(asked.request.session) == before
    assert flows.apart(asked.request, alice, Purpose.CHANGE).question == asked.question


def test_each_test_sends_new_code(request_of_alice: HttpRequest, alice: User) -> None:
    flow = flows.apart(request_of_alice, alice, Purpose.TEST)
    flow.ask(NEW)
    first = flow.pending.nonce
    flow.ask(NEW)
    assert flow.pending.nonce != first
    assert Delivery.objects.filter(target=NEW).count() == 2
