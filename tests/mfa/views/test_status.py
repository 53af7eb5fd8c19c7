"""The status that code pages poll: one's own message, no number, and nothing written."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mfa.models import Delivery, Reason
from tests.journeys.database import dump
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

STATUS = "/login/verify/status/"
CHANGE = "/me/phone/verify/status/"
State = Delivery.State


def told(answer: HttpResponse) -> dict[str, object]:
    assert answer.headers["Content-Type"] == "application/json"
    return json.loads(answer.content)


def nothing(answer: HttpResponse) -> bool:
    kind = answer.headers["Content-Type"]
    return (answer.status_code, kind) == (404, "application/problem+json")


def test_status_shows_state_of_newest_text(asked: Browser) -> None:
    Delivery.objects.update(state=State.SENT)
    assert told(asked.get(STATUS)) == {
        "state": "sent",
        "words": "The text is with your phone company.",
        "final": False,
        "problem": False,
        "stuck": False,
    }


def test_resent_message_is_complete(asked: Browser, clock: time_machine.Traveller) -> None:
    Delivery.objects.update(state=State.FAILED, reason=Reason.BUSY)
    clock.shift(timedelta(seconds=30))
    asked.post("/login/verify/resend/")
    assert told(asked.get(STATUS))["state"] == "delivered"


def test_failure_is_seen_with_next_poll(asked: Browser) -> None:
    Delivery.objects.update(state=State.FAILED, reason=Reason.UNREACHABLE, code="30003")
    answer = told(asked.get(STATUS))
    assert answer["words"] == (
        "The text could not be delivered: the phone is off or has no signal."
    )
    assert (answer["problem"], answer["stuck"], answer["final"]) == (True, True, True)


def test_missing_news_is_shown_after_ten_seconds(
    asked: Browser, clock: time_machine.Traveller
) -> None:
    """C18."""
    Delivery.objects.update(state=State.ACCEPTED)
    clock.shift(timedelta(seconds=9))
    assert not told(asked.get(STATUS))["stuck"]
    clock.shift(timedelta(seconds=1))
    assert told(asked.get(STATUS))["stuck"]


def test_no_answer_holds_a_number_or_a_code(asked: Browser, alice: User) -> None:
    """PS-10, OT-08."""
    for state in State:
        Delivery.objects.update(state=state, reason=Reason.OPTED_OUT, code="21610")
        assert not re.search(r"\d", asked.get(STATUS).content.decode())


def test_status_is_not_cached_and_writes_nothing(asked: Browser) -> None:
    before = dump()
    answer = asked.get(STATUS)
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies
    assert dump() == before


def test_poll_needs_session_and_one_query(asked: Browser) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked_for:
        asked.get(STATUS)
    tables = [re.search(r'FROM "(\w+)"', query["sql"])[1] for query in asked_for.captured_queries]
    assert tables == ["mfa_session", "mfa_delivery"]


def test_anonymous_visitors_get_nothing(browser: Browser, alice: User) -> None:
    assert nothing(browser.get(STATUS))


def test_page_shows_no_time_before_first_request(enrolling: Browser, bob: User) -> None:
    """Not even of notices, which have no challenge."""
    Delivery.objects.create(
        user=bob, message="x", channel="email", target="y", created_at=bob.date_joined
    )
    assert nothing(enrolling.get(STATUS))


def test_expired_pending_login_gets_nothing(asked: Browser, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=15))
    assert nothing(asked.get(STATUS))


def test_charlie_cannot_see_alices_status(
    asked: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.password(charlie)
    Delivery.objects.filter(user=charlie).update(state=State.QUEUED)
    Delivery.objects.exclude(user=charlie).update(state=State.FAILED)
    assert told(other_browser.get(STATUS))["state"] == "queued"


def test_done_page_mentions_first_number(proving: Browser) -> None:
    assert told(proving.get(STATUS))["state"] == "delivered"


def test_done_page_mentions_changed_number(home: Browser) -> None:
    assert nothing(home.get(CHANGE))
    home.post("/me/phone/", {"phone": "+447700900250"})
    assert told(home.get(CHANGE))["state"] == "delivered"


def test_changed_number_belongs_to_no_one_else(asked: Browser) -> None:
    assert asked.get(CHANGE).url == f"/login/?next={CHANGE}"


@pytest.mark.parametrize("path", [STATUS, CHANGE])
def test_status_is_read_only(home: Browser, path: str) -> None:
    assert home.post(path).status_code == 405


# The page without script


def page(browser: Browser) -> str:
    return browser.get("/login/verify/").content.decode()


def before_the_code(html: str, words: str) -> bool:
    return html.index(words) < html.index("data-code-form")


def test_page_without_script_shows_state(asked: Browser) -> None:
    Delivery.objects.update(state=State.SENT)
    html = page(asked)
    assert "The text is with your phone company." in html
    assert f'data-status="{STATUS}"' in html
    assert not before_the_code(html, "Send code to email")


def test_final_state_ends_polling(asked: Browser) -> None:
    html = page(asked)
    assert "The text has reached your phone." in html
    assert "data-status" not in html


def test_email_comes_first_after_ten_seconds(asked: Browser, clock: time_machine.Traveller) -> None:
    Delivery.objects.update(state=State.SENT)
    clock.shift(timedelta(seconds=10))
    html = page(asked)
    assert before_the_code(html, "Send code to email")
    assert html.count("Send code to email") == 1


def test_email_comes_first_after_failure_and_works(asked: Browser, alice: User) -> None:
    Delivery.objects.update(state=State.FAILED, reason=Reason.BUSY)
    assert before_the_code(page(asked), "Send code to email")
    asked.post("/login/verify/email/")
    asked.post("/login/verify/", {"code": code(alice.email)})
    assert asked.signed_in


def test_help_comes_first_without_other_method(asked: Browser, policy) -> None:
    policy.email_codes = "off"
    policy.save()
    Delivery.objects.update(state=State.FAILED, reason=Reason.BUSY)
    assert before_the_code(page(asked), "Get help")


def test_failed_first_number_can_be_replaced(proving: Browser) -> None:
    Delivery.objects.update(state=State.FAILED, reason=Reason.CANNOT_GET_TEXTS)
    html = proving.get("/login/enroll/verify/").content.decode()
    assert before_the_code(html, "Use another number")


def test_failed_changed_number_can_be_replaced(home: Browser) -> None:
    home.post("/me/phone/", {"phone": "+447700900001"})
    html = home.get("/me/phone/verify/").content.decode()
    assert "The text could not be delivered: this number cannot receive texts." in html
    assert before_the_code(html, "Use another number")
