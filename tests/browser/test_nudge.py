"""The nudge for a passkey in Chromium: shown where the browser can make one (key12)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import PHONE, Visit
from tests.browser.inspection import look
from tests.browser.test_passkeys import DEVICE, KEY, Authenticator
from tests.browser.visitor import Visitor
from tests.portal_client import Browser

pytestmark = [pytest.mark.browser]

HOME, TITLE = "Welcome, Alice", "Log in faster with a passkey"


@pytest.fixture(autouse=True)
def _at_home(settings, live_server) -> None:
    """Passkeys belong to the address of the portal."""
    settings.BASE_URL = live_server.url


@pytest.fixture
def alices(visit: Visit, browser: Browser, alice: User) -> Visitor:
    """Alice, logged in by text."""
    browser.log_in(alice)
    return visit(width=PHONE).take_over(browser)


def see_nudge(visitor: Visitor) -> None:
    """Open the home page, and wait until the server knows that the nudge is shown."""
    with visitor.page.expect_response("**/nudge/shown/"):
        visitor.open("/")
    expect(visitor.page.get_by_role("heading", name=TITLE)).to_be_visible()


def see_none(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.at(HOME)
    visitor.page.wait_for_timeout(500)
    expect(visitor.page.get_by_role("heading", name=TITLE)).to_have_count(0)


def test_nudge_leads_to_a_passkey(alices: Visitor) -> None:
    Authenticator(alices, **DEVICE)
    see_nudge(alices)
    look(alices, HOME)
    alices.follow("Add a passkey")
    alices.at("Add a passkey")
    alices.press("Create a passkey")
    alices.at("Security")
    see_none(alices)


@pytest.mark.parametrize("answer", ["Not now", "Don't ask again"])
def test_answer_is_remembered_in_another_browser(
    visit: Visit, alices: Visitor, other_browser: Browser, alice: User, answer: str
) -> None:
    Authenticator(alices, **DEVICE)
    see_nudge(alices)
    alices.press(answer)
    alices.at(HOME)
    see_none(alices)
    other_browser.log_in(alice)
    second = visit().take_over(other_browser)
    Authenticator(second, **DEVICE)
    see_none(second)
    look(second, HOME)


def test_browser_that_can_make_no_passkey_asks_for_none(
    visit: Visit, alices: Visitor, other_browser: Browser, alice: User
) -> None:
    """It uses up nothing: another browser of the person still asks."""
    Authenticator(alices, **KEY)
    see_none(alices)
    other_browser.log_in(alice)
    second = visit().take_over(other_browser)
    Authenticator(second, **DEVICE)
    see_nudge(second)


def test_nudge_needs_the_address_of_the_portal(alices: Visitor, settings) -> None:
    settings.BASE_URL = "https://portal.example"
    Authenticator(alices, **DEVICE)
    see_none(alices)


@pytest.fixture
def may_make(alice: User) -> None:
    """A browser may make a passkey automatically only beside an older factor."""
    alice.factors.update(confirmed_at=timezone.now() - timedelta(days=90))


def watch_creation(visitor: Visitor, asked: str) -> None:
    """Note how the browser's own function ended. `asked` is what it gets."""
    visitor.page.add_init_script(
        """
        const create = navigator.credentials.create.bind(navigator.credentials);
        navigator.credentials.create = ({ mediation, ...others }) => {
          if (!mediation) return create(others);
          document.documentElement.dataset.asked = mediation;
          return create(ASKED).catch((error) => {
            document.documentElement.dataset.ended = error.name;
            throw error;
          });
        };
        """.replace("ASKED", asked)
    )


@pytest.mark.usefixtures("may_make")
def test_browser_that_never_answers_keeps_no_one_waiting(alices: Visitor) -> None:
    """Chromium with a virtual authenticator knows conditional create, and never ends it."""
    Authenticator(alices, **DEVICE)
    watch_creation(alices, "{ mediation, ...others }")
    alices.page.clock.install()
    see_nudge(alices)
    alices.page.wait_for_selector("[data-asked=conditional]")
    alices.page.clock.fast_forward("00:09")
    expect(alices.page.locator("[data-ended]")).to_have_count(0)
    alices.page.clock.fast_forward("00:02")
    alices.page.wait_for_selector("[data-ended=AbortError]")
    alices.follow("Add a passkey")
    alices.at("Add a passkey")
    alices.press("Create a passkey")
    alices.at("Security")


@pytest.mark.usefixtures("may_make")
def test_page_sends_the_passkey_that_the_browser_made(alices: Visitor, alice: User) -> None:
    """The virtual authenticator makes it here as if someone had asked for it."""
    authenticator = Authenticator(alices, **DEVICE)
    watch_creation(alices, "others")
    alices.open("/")
    alices.reads("Your browser saved a passkey.", role="status")
    look(alices, HOME)
    assert len(authenticator.credentials) == 1
    assert alice.factors.filter(kind="passkey").count() == 1
    see_none(alices)


def test_page_without_script_leaves_the_link_of_security(
    visit: Visit, browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    scriptless = visit(script=False).take_over(browser)
    see_none(scriptless)
    scriptless.open("/me/security/")
    expect(scriptless.link("Add a passkey or security key")).to_be_visible()


def test_person_with_only_a_passkey_reads_what_happens_without_it(
    alices: Visitor, alice: User
) -> None:
    """key11."""
    Authenticator(alices, **DEVICE)
    alices.open("/me/security/passkey/")
    alices.press("Create a passkey")
    alices.at("Security")
    alice.factors.filter(kind="phone").update(status="revoked")
    alices.open("/")
    alices.reads("Add a second way to log in")
    alices.reads("We then email you a code to set up another way.")
    look(alices, HOME)
    alices.follow("Add another way")
    alices.reads("You have only one way to log in.")
    look(alices, "Security")


# Chromium makes one automatically only for a password that its manager filled in. Here it says that
# it can, and the virtual authenticator makes one.
MAKES_IT = """
PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true });
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = ({ mediation, ...asked }) => {
  document.documentElement.dataset.mediation = mediation;
  return create(asked);
};
"""


def test_browser_makes_a_passkey_automatically_after_a_login(
    visit: Visit, browser: Browser, alice: User
) -> None:
    alice.factors.update(confirmed_at=timezone.now() - timedelta(days=90))
    browser.log_in(alice)
    visitor = visit(width=PHONE).take_over(browser)
    authenticator = Authenticator(visitor, **DEVICE)
    visitor.page.add_init_script(MAKES_IT)
    visitor.open("/")
    visitor.reads("Your browser saved a passkey.", role="status")
    expect(visitor.page.locator("[data-mediation=conditional]")).to_have_count(1)
    expect(visitor.page.get_by_role("heading", name=TITLE)).to_have_count(0)
    look(visitor, HOME)
    assert len(authenticator.credentials) == 1
    visitor.context.clear_cookies()
    visitor.open("/login/")
    visitor.at(HOME)


def test_browser_makes_none_where_the_server_does_not_allow_it(alices: Visitor) -> None:
    """Alice set up her phone a moment ago."""
    authenticator = Authenticator(alices, **DEVICE)
    alices.page.add_init_script(MAKES_IT)
    with alices.page.expect_response("**/automatic/options/") as answer:
        see_nudge(alices)
    assert answer.value.status == 204
    expect(alices.page.get_by_role("heading", name=TITLE)).to_be_visible()
    assert authenticator.credentials == []
