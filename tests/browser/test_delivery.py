"""The delivery line in a real browser: it follows the text, and the next way comes to the front."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from accounts.models import User
from mfa.models import Delivery, Reason
from tests.browser.conftest import PHONE, Visit
from tests.browser.inspection import problems_of
from tests.browser.visitor import Visitor
from tests.portal_client import Browser

pytestmark = pytest.mark.browser

State = Delivery.State
# In the order of the page, the code field or the button to the mailbox: which comes first?
FIRST = """() => [...document.querySelectorAll("input[name=code], [data-next-way] button")]
  .map((node) => node.name || node.textContent.trim())[0]"""


@pytest.fixture
def waiting(visit: Visit, browser: Browser, alice: User) -> Visitor:
    """Alice before a text that the provider has taken."""
    browser.password(alice)
    Delivery.objects.update(state=State.ACCEPTED)
    visitor = visit(width=PHONE).take_over(browser)
    visitor.open("/login/verify/")
    return visitor


def line(visitor: Visitor) -> Locator:
    return visitor.page.locator(".delivery")


def test_it_follows_the_text_without_a_reload(waiting: Visitor) -> None:
    expect(line(waiting)).to_have_text("The text service has taken the text.")
    Delivery.objects.update(state=State.SENT)
    expect(line(waiting)).to_contain_text("The text is with your phone company.")
    Delivery.objects.update(state=State.DELIVERED)
    expect(line(waiting)).to_have_text("The text has reached your phone.")
    assert waiting.page.evaluate(FIRST) == "code"
    assert problems_of(waiting.page) == []


def test_it_is_read_aloud_as_a_status(waiting: Visitor) -> None:
    expect(line(waiting)).to_have_role("status")


def test_a_failure_says_why_and_brings_the_mailbox_forward(waiting: Visitor) -> None:
    assert waiting.page.evaluate(FIRST) == "code"
    Delivery.objects.update(state=State.FAILED, reason=Reason.UNREACHABLE)
    expect(line(waiting)).to_have_text(
        "The text could not be delivered: the phone is switched off or out of reach."
    )
    expect(waiting.button("Send code to email")).to_have_count(1)
    assert waiting.page.evaluate(FIRST) == "Send code to email"
    expect(waiting.field("Code")).to_be_focused()
    assert problems_of(waiting.page) == []


def test_ten_seconds_of_silence_do_the_same(waiting: Visitor) -> None:
    Delivery.objects.update(created_at=timezone.now() - timedelta(seconds=10))
    expect(line(waiting)).to_contain_text("You need not wait for it.")
    assert waiting.page.evaluate(FIRST) == "Send code to email"


def test_nothing_moves_under_the_fingers_of_who_types(waiting: Visitor) -> None:
    waiting.field("Code").fill("12")
    Delivery.objects.update(state=State.FAILED, reason=Reason.BUSY)
    expect(line(waiting)).to_contain_text("could not be delivered")
    assert waiting.page.evaluate(FIRST) == "code"


def test_after_the_last_word_nobody_asks_again(waiting: Visitor) -> None:
    asked: list[str] = []
    waiting.page.on("request", lambda request: asked.append(request.url))
    Delivery.objects.update(state=State.DELIVERED)
    expect(line(waiting)).to_have_text("The text has reached your phone.")
    before = len(asked)
    waiting.page.wait_for_timeout(5_000)
    assert len(asked) == before


def test_a_login_that_ended_elsewhere_stops_the_asking(waiting: Visitor, browser: Browser) -> None:
    waiting.expects("status of 404")
    browser.post("/login/cancel/")
    with waiting.page.expect_response("**/login/verify/status/") as answer:
        pass
    assert answer.value.status in {302, 404}
    expect(line(waiting)).to_have_text("The text service has taken the text.")
