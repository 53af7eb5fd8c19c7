"""`kill -9` of the worker: no text is sent twice without a request, and none is lost."""

import pytest

from tests.processes.visitor import soon
from tests.robustness.site import Site
from tests.twilio_endpoint.answers import Late, Silence

pytestmark = pytest.mark.processes

SWEEP = "from mfa.messages import queue; queue.sweep()"
# A phone whose push service refuses every message
DEAF_PHONE = """
from accounts.models import User
from tests.phones import give_deaf_phone
give_deaf_phone(User.objects.get(email="{email}"))
"""
REACHED = "SELECT reached FROM mfa_pushrequest"


def test_worker_killed_while_sending_leaves_maybe_sent(site: Site) -> None:
    portal = site.portal
    person = site.person()
    portal.endpoint.answer_next(Silence())
    assert person.log_in() == "/login/verify/"
    code = person.next_code()
    portal.worker.kill()
    assert person.deliveries("state") == [("sending",)]

    portal.worker.start()
    portal.query("UPDATE mfa_delivery SET claimed_at = claimed_at - interval '60 s'")
    soon(lambda: person.deliveries("state, reason") == [("maybe", "internal")], within=30)
    for _ in range(2):
        portal.manage("shell", "-c", SWEEP)
    assert len(person.texts()) == 1

    person.ask_again()
    assert person.next_code(after=1) == code
    assert person.type(code) == "/"
    assert [state for (state,) in person.deliveries("state")] == ["maybe", "accepted"]


def test_unclaimed_message_of_killed_worker_is_sent_once(site: Site) -> None:
    portal = site.portal
    person = site.person()
    portal.worker.stop()
    portal.beat.stop()
    person.log_in()
    with site.held("mfa_delivery"):
        portal.worker.start()
        # It took the task and waits for the row, so the queue is empty now.
        waiting = soon(site.waiting, within=20)
        portal.worker.kill()
        site.end_waiting(waiting)
    assert person.deliveries("state, claimed_at") == [("queued", None)]

    portal.worker.start()
    portal.beat.start()
    code = person.next_code()
    assert person.type(code) == "/"
    assert len(person.texts()) == len(person.deliveries("id")) == 1


def test_stopping_worker_finishes_its_message(site: Site) -> None:
    """A restart for a new version leaves no message with an unknown result."""
    portal = site.portal
    person = site.person()
    portal.endpoint.answer_next(Late(2))
    person.log_in()
    code = person.next_code()
    portal.worker.stop()
    assert person.deliveries("state") == [("accepted",)]
    assert person.type(code) == "/"


def test_push_of_killed_worker_is_sent_by_the_next(site: Site) -> None:
    """Between the commit of the login and the push, and the page then says what came of it."""
    portal = site.portal
    person = site.person()
    portal.manage("shell", "-c", DEAF_PHONE.format(email=person.email))
    portal.helper.stop()
    portal.beat.stop()
    assert person.log_in() == "/login/push/"
    with site.held("mfa_pushrequest"):
        portal.helper.start()
        waiting = soon(site.waiting, within=20)
        portal.helper.kill()
        site.end_waiting(waiting)
    assert portal.query(REACHED) == [(None,)]
    assert "Waiting for your phone" in person.get("/login/push/")

    portal.helper.start()
    portal.beat.start()
    soon(lambda: portal.query(REACHED) == [(0,)], within=30)
    assert "We could not alert your phone" in person.get("/login/push/")
