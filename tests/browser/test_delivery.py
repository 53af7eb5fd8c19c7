"""The delivery line in a real browser: it follows the text, and shows other methods in time."""

from datetime import timedelta
from itertools import cycle

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from mfa.models import Delivery, Reason
from tests.browser.conftest import HEIGHT, PHONE, Visit
from tests.browser.inspection import problems_of
from tests.browser.visitor import Visitor
from tests.portal_client import Browser

pytestmark = pytest.mark.browser

State = Delivery.State
# Which comes first on the page: the code field or the email button?
FIRST = """() => [...document.querySelectorAll("input[name=code], [data-next-way] button")]
  .map((node) => node.name || node.textContent.trim())[0]"""


@pytest.fixture
def taken(visit: Visit, browser: Browser, alice: User) -> Visitor:
    """Alice, whose text was accepted by the provider."""
    browser.password(alice)
    Delivery.objects.update(state=State.ACCEPTED)
    return visit(width=PHONE).take_over(browser)


@pytest.fixture
def waiting(taken: Visitor) -> Visitor:
    """Alice before that text."""
    taken.open("/login/verify/")
    return taken


@pytest.fixture
def stopped(taken: Visitor) -> Page:
    """The page with its clock stopped, soon after a text."""
    Delivery.objects.update(created_at=timezone.now() + timedelta(hours=1))
    taken.page.clock.install(time=0)
    taken.page.clock.pause_at(1_000)
    taken.open("/login/verify/")
    taken.page.wait_for_load_state("networkidle")
    return taken.page


def line(visitor: Visitor) -> Locator:
    return visitor.page.locator(".delivery")


def test_code_page_fits_one_screen_and_opens_the_rest(waiting: Visitor) -> None:
    """B13, P13: five controls on a phone; one link opens the others, without script too."""
    main = waiting.page.get_by_role("main")
    box = main.bounding_box()
    assert box
    assert box["y"] + box["height"] <= HEIGHT
    controls = main.locator("input:not([type=hidden]), button, a, summary").locator("visible=true")
    expect(controls).to_have_count(5)
    waiting.open_menu("Not received a code")
    expect(waiting.button("I no longer have this phone")).to_be_visible()
    expect(waiting.link("Get help")).to_be_visible()
    expect(waiting.button("Log in as someone else")).to_be_visible()
    waiting.reads("Acme Portal: 123456")
    assert problems_of(waiting.page) == []


def test_line_follows_text_without_reload(waiting: Visitor) -> None:
    expect(line(waiting)).to_have_text("The text service has accepted the text.")
    Delivery.objects.update(state=State.SENT)
    expect(line(waiting)).to_contain_text("The text is with your phone company.")
    Delivery.objects.update(state=State.DELIVERED)
    expect(line(waiting)).to_have_text("The text has reached your phone.")
    assert waiting.page.evaluate(FIRST) == "code"
    assert problems_of(waiting.page) == []


def test_line_is_a_live_status(waiting: Visitor) -> None:
    expect(line(waiting)).to_have_role("status")


def test_failure_shows_reason_and_offers_email_first(waiting: Visitor) -> None:
    assert waiting.page.evaluate(FIRST) == "code"
    Delivery.objects.update(state=State.FAILED, reason=Reason.UNREACHABLE)
    expect(line(waiting)).to_have_text(
        "The text could not be delivered: the phone is off or has no signal."
    )
    expect(waiting.button("Send code to email")).to_have_count(1)
    assert waiting.page.evaluate(FIRST) == "Send code to email"
    expect(waiting.field("Code")).to_be_focused()
    assert problems_of(waiting.page) == []


def test_ten_seconds_without_news_offer_email_first(waiting: Visitor) -> None:
    Delivery.objects.update(created_at=timezone.now() - timedelta(seconds=10))
    expect(line(waiting)).to_contain_text("try another way or get help.")
    assert waiting.page.evaluate(FIRST) == "Send code to email"


def test_page_does_not_move_while_person_types(waiting: Visitor) -> None:
    waiting.field("Code").fill("12")
    Delivery.objects.update(state=State.FAILED, reason=Reason.BUSY)
    expect(line(waiting)).to_contain_text("could not be delivered")
    assert waiting.page.evaluate(FIRST) == "code"


def test_polling_stops_after_final_state(waiting: Visitor) -> None:
    asked: list[str] = []
    waiting.page.on("request", lambda request: asked.append(request.url))
    Delivery.objects.update(state=State.DELIVERED)
    expect(line(waiting)).to_have_text("The text has reached your phone.")
    before = len(asked)
    waiting.page.wait_for_timeout(5_000)
    assert len(asked) == before


def test_polling_stops_after_login_ended_elsewhere(waiting: Visitor, browser: Browser) -> None:
    waiting.expects("status of 404")
    browser.post("/login/cancel/")
    with waiting.page.expect_response("**/login/verify/status/") as answer:
        pass
    assert answer.value.status in {302, 404}
    expect(line(waiting)).to_have_text("The text service has accepted the text.")


NEWS = [
    (State.SENT, "The text is with your phone company."),
    (State.ACCEPTED, "The text service has accepted the text."),
]


def test_polls_come_after_two_three_and_five_seconds_then_slower(stopped: Page) -> None:
    """Each pause starts when the page has read the previous answer."""
    looks: list[str] = []
    stopped.on("request", lambda request: looks.append(request.url))
    for pause, (state, words) in zip((2, 3, 5, 10, 15, 30, 30), cycle(NEWS), strict=False):
        Delivery.objects.update(state=state)
        stopped.clock.run_for(pause * 1_000 - 100)
        assert looks == []
        stopped.clock.run_for(100)
        expect(stopped.locator(".delivery")).to_have_text(words)
        looks.clear()


def assert_nobody_looks(page: Page) -> None:
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url))
    page.clock.run_for(60_000)
    assert looks == []


def test_polling_stops_after_ten_minutes(stopped: Page) -> None:
    Delivery.objects.update(state=State.SENT)
    stopped.clock.fast_forward(10 * 60_000)
    expect(stopped.locator(".delivery")).to_have_text("The text is with your phone company.")
    assert_nobody_looks(stopped)


def test_no_receipts_means_sent_is_final(stopped: Page) -> None:
    """The demo's phone never does."""
    Delivery.objects.update(created_at=timezone.now() - timedelta(seconds=10))
    stopped.clock.run_for(2_000)
    expect(stopped.locator(".delivery")).to_contain_text("try another way or get help.")
    assert_nobody_looks(stopped)
