"""Passkeys in Chromium: security key, device and password manager, all virtual."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db.models import F
from playwright.sync_api import CDPSession, expect

from accounts.models import User
from mfa.models.passkeys import PasskeyChallenge
from tests.authenticator import SECRET, give_app, shows
from tests.browser.conftest import PHONE, Visit
from tests.browser.inspection import look
from tests.browser.visitor import Visitor
from tests.conftest import give_codes
from tests.passkeys import LOG_IN, SECOND, give_passkey
from tests.portal_client import PASSWORD, Browser, code

pytestmark = [pytest.mark.browser]

KEY = {"protocol": "ctap2", "transport": "usb"}
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
}
# Where the options of a page come from
PAGES = {"/login/": LOG_IN, "/login/passkey/": SECOND}
TOUCHED = {**DEVICE, "hasUserVerification": False}
SYNCED = {**DEVICE, "defaultBackupEligibility": True, "defaultBackupState": True}


class Authenticator:
    """A virtual authenticator of one browser."""

    def __init__(self, visitor: Visitor, *, verified: bool = True, **options: object) -> None:
        self.session: CDPSession = visitor.context.new_cdp_session(visitor.page)
        self.session.send("WebAuthn.enable")
        sent = {**options, "isUserVerified": verified, "automaticPresenceSimulation": True}
        added = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": sent})
        self.id = added["authenticatorId"]

    def touched(self, *, by_itself: bool) -> None:
        """Touch it as soon as it is asked, or never."""
        self._send("setAutomaticPresenceSimulation", enabled=by_itself)

    def verifies(self, *, verified: bool) -> None:
        """Let the person pass its own check, or not."""
        self._send("setUserVerified", isUserVerified=verified)

    @property
    def credentials(self) -> list[dict]:
        return self._send("getCredentials")["credentials"]

    def copy(self, other: "Authenticator") -> None:
        """Hold the passkeys of another one. Their counters continue from there."""
        for each in other.credentials:
            self._send("addCredential", credential={**each, "signCount": each["signCount"] + 100})

    def _send(self, command: str, **values: object) -> dict:
        return self.session.send(f"WebAuthn.{command}", {"authenticatorId": self.id, **values})


@pytest.fixture(autouse=True)
def _at_home(settings, live_server) -> None:
    """Passkeys belong to the address of the portal."""
    settings.BASE_URL = live_server.url


def add(visit: Visit, browser: Browser, user: User, **options: object) -> tuple:
    """Add a passkey to a person on the Security page."""
    browser.log_in(user)
    visitor = visit(width=PHONE).take_over(browser)
    authenticator = Authenticator(visitor, **options)
    visitor.open("/me/security/")
    visitor.follow("Add a passkey or security key")
    look(visitor, "Add a passkey")
    visitor.press("Create a passkey")
    visitor.at("Security")
    visitor.reads("Your passkey is added.")
    look(visitor, "Security")
    return visitor, authenticator


def gaps(visitor: Visitor, selector: str) -> list[float]:
    """Return the pixels between elements that follow each other."""
    boxes = [each.bounding_box() for each in visitor.page.locator(selector).all()]
    return [
        lower["y"] - upper["y"] - upper["height"]
        for upper, lower in pairwise(boxes)
        if upper and lower
    ]


def reads_without_script(visitor: Visitor, words: str) -> None:
    """Playwright skips these elements when it looks for text."""
    notice = visitor.page.locator("noscript > .notice")
    expect(notice).to_be_visible()
    assert words in notice.inner_text()


def log_out(visitor: Visitor) -> None:
    visitor.context.clear_cookies()


@pytest.mark.parametrize(
    "options", [KEY, DEVICE, TOUCHED, SYNCED], ids=["key", "device", "touched", "synced"]
)
def test_passkey_is_the_second_step(
    visit: Visit, browser: Browser, alice: User, options: dict
) -> None:
    """E04, E07."""
    verified = options in (DEVICE, SYNCED)
    visitor, authenticator = add(visit, browser, alice, **options, verified=verified)
    synced = "Synced to your other devices" if options is SYNCED else "Only on this one device"
    visitor.reads(synced)
    assert len(authenticator.credentials) == 1
    log_out(visitor)
    authenticator.touched(by_itself=False)
    visitor.open("/login/")
    visitor.write("Email", alice.email)
    visitor.write("Password", PASSWORD)
    visitor.press("Login")
    look(visitor, "Use your passkey")
    authenticator.touched(by_itself=True)
    visitor.press("Use passkey")
    visitor.at("Welcome, Alice")


def test_passkey_alone_logs_in_by_the_button(visit: Visit, browser: Browser, alice: User) -> None:
    """key1: while the browser waits for the autofill, the button works."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    authenticator.touched(by_itself=False)
    visitor.open("/login/?next=/me/")
    look(visitor, "Log in")
    authenticator.touched(by_itself=True)
    visitor.press("Log in with a passkey")
    visitor.at("My Details")


def test_passkey_alone_logs_in_by_autofill(visit: Visit, browser: Browser, alice: User) -> None:
    visitor, _authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    visitor.open("/login/")
    visitor.at("Welcome, Alice")


def test_after_cancel_the_button_works_again(visit: Visit, browser: Browser, alice: User) -> None:
    """key1, key9: an authenticator that does not verify refuses, as a person who cancels."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    authenticator.verifies(verified=False)
    visitor.open("/login/")
    visitor.press("Log in with a passkey")
    visitor.reads("The passkey was not used.", role="status")
    look(visitor, "Log in")
    authenticator.verifies(verified=True)
    visitor.press("Log in with a passkey")
    visitor.at("Welcome, Alice")


def test_login_page_without_any_passkey_says_nothing(visit: Visit, alice: User) -> None:
    """The browser's offer beside the email fails in silence where there is no authenticator."""
    visitor = visit(width=PHONE)
    with visitor.page.expect_response("**/login/by-passkey/options/"):
        visitor.open("/login/")
    visitor.page.wait_for_timeout(500)
    expect(visitor.page.locator("[data-passkey-said]")).to_be_empty()
    visitor.write("Email", alice.email)
    visitor.write("Password", PASSWORD)
    visitor.press("Login")
    visitor.at("Enter your login code")


def test_autofill_is_offered_again_after_a_failure(
    visit: Visit, browser: Browser, alice: User
) -> None:
    """key1: without a reload, at the next visit to the field."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    visitor.page.add_init_script(
        """
        const get = navigator.credentials.get.bind(navigator.credentials);
        navigator.credentials.get = (asked) => get(asked).catch((error) => {
          document.documentElement.dataset.refused = error.name;
          throw error;
        });
        """
    )
    authenticator.verifies(verified=False)
    visitor.open("/login/")
    visitor.page.wait_for_selector("[data-refused=NotAllowedError]")
    authenticator.verifies(verified=True)
    visitor.field("Password").focus()
    visitor.field("Email").focus()
    visitor.at("Welcome, Alice")


def test_pages_of_passkeys_keep_their_parts_apart(
    visit: Visit, browser: Browser, other_browser: Browser, alice: User
) -> None:
    """The cards of Security beside what only the browser reads, and the words without script."""
    visitor, _authenticator = add(visit, browser, alice, **DEVICE)
    assert min(gaps(visitor, "main > .card")) >= 16
    other_browser.password(alice)
    scriptless = visit(width=PHONE, script=False).take_over(other_browser)
    scriptless.open("/login/passkey/")
    assert min(gaps(scriptless, "main > p:first-of-type, main > noscript > .notice")) >= 16


def test_device_that_checks_nobody_asks_for_the_password_first(
    visit: Visit, browser: Browser, alice: User
) -> None:
    """key3: the browser itself refuses to use it alone."""
    visitor, _authenticator = add(visit, browser, alice, **TOUCHED, verified=False)
    log_out(visitor)
    visitor.open("/login/")
    visitor.press("Log in with a passkey")
    visitor.reads("log in with your password first.", role="status")
    visitor.give_password(alice)
    visitor.at("Use your passkey")
    visitor.press("Use passkey")
    visitor.at("Welcome, Alice")


def test_password_logs_in_while_the_autofill_waits_and_after_a_cancel(
    visit: Visit, browser: Browser, alice: User
) -> None:
    """key1."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    authenticator.verifies(verified=False)
    visitor.open("/login/")
    visitor.press("Log in with a passkey")
    visitor.reads("The passkey was not used.", role="status")
    visitor.give_password(alice)
    visitor.at("Use your passkey")
    authenticator.verifies(verified=True)
    visitor.press("Use passkey")
    visitor.at("Welcome, Alice")


def test_options_are_at_hand_before_the_click(visit: Visit, browser: Browser, alice: User) -> None:
    """key9: Safari wants its dialog inside the click, so nothing is fetched between the two."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    authenticator.touched(by_itself=False)
    with visitor.page.expect_response("**/login/by-passkey/options/"):
        visitor.open("/login/")
    visitor.page.wait_for_load_state("networkidle")
    visitor.expects("net::ERR_FAILED")
    visitor.page.route("**/options/", lambda route: route.abort())
    authenticator.touched(by_itself=True)
    visitor.press("Log in with a passkey")
    visitor.at("Welcome, Alice")


# Counts how often the page asked the browser for a passkey.
COUNTS_QUESTIONS = """
const get = navigator.credentials.get.bind(navigator.credentials);
window.asked = 0;
navigator.credentials.get = (options) => { window.asked += 1; return get(options); };
"""


@pytest.mark.parametrize(("page", "asked"), [("/login/", 2), ("/login/passkey/", 0)])
def test_open_page_fetches_a_new_challenge_in_time(
    visit: Visit, browser: Browser, alice: User, page: str, asked: int
) -> None:
    """key2: the page's clock advances by five minutes, and the first challenge is as old."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    visitor.page.add_init_script(COUNTS_QUESTIONS)
    visitor.page.clock.install()
    authenticator.touched(by_itself=False)
    visitor.open("/login/")
    if page != "/login/":
        visitor.give_password(alice)
        visitor.at("Use your passkey")
    expect(visitor.page.locator("form[data-passkey]")).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    PasskeyChallenge.objects.update(created_at=F("created_at") - timedelta(minutes=5))
    with visitor.page.expect_response(f"**{PAGES[page]}options/"):
        visitor.page.clock.fast_forward("05:00")
    # The autofill would take a touch that comes before its new question.
    visitor.page.wait_for_function("asked => window.asked === asked", arg=asked)
    authenticator.touched(by_itself=True)
    visitor.press("Log in with a passkey" if page == "/login/" else "Use passkey")
    visitor.at("Welcome, Alice")


def test_page_that_slept_fetches_a_new_challenge_at_the_click(
    visit: Visit, browser: Browser, alice: User
) -> None:
    """key2: no timer ran while the computer slept."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    authenticator.touched(by_itself=False)
    visitor.page.clock.install()
    with visitor.page.expect_response("**/login/by-passkey/options/"):
        visitor.open("/login/")
    visitor.page.wait_for_load_state("networkidle")
    PasskeyChallenge.objects.update(created_at=F("created_at") - timedelta(minutes=5))
    visitor.page.clock.set_system_time(datetime.now(tz=UTC) + timedelta(minutes=5))
    authenticator.touched(by_itself=True)
    visitor.press("Log in with a passkey")
    visitor.at("Welcome, Alice")


@pytest.mark.parametrize("first", ["older", "newer", "older, long before"])
def test_two_tabs_can_both_finish(visit: Visit, browser: Browser, alice: User, first: str) -> None:
    """key2: the newer challenge does not replace the older, and nobody is left with an error."""
    visitor, authenticator = add(visit, browser, alice, **DEVICE)
    log_out(visitor)
    authenticator.touched(by_itself=False)
    visitor.open("/login/")
    visitor.page.wait_for_load_state("networkidle")
    second = visitor.another_tab()
    second.page.clock.install()
    second.expects("status of 403")
    copied = Authenticator(second, **DEVICE)
    copied.copy(authenticator)
    copied.touched(by_itself=False)
    second.open("/login/?next=/me/")
    second.page.wait_for_load_state("networkidle")
    tabs = [(visitor, authenticator, "Welcome, Alice"), (second, copied, "My Details")]
    for tab, key, heading in tabs[::-1] if first == "newer" else tabs:
        key.touched(by_itself=True)
        tab.press("Log in with a passkey")
        tab.at(heading)
        second.page.clock.fast_forward("05:00" if "long" in first else "00:01")


@pytest.mark.parametrize("way", ["app", "text", "email", "recovery code"])
def test_without_script_all_other_ways_work(
    visit: Visit, browser: Browser, alice: User, way: str
) -> None:
    """A person with a passkey reads what to do."""
    give_passkey(alice)
    give_app(alice)
    codes = give_codes(alice)
    visitor = visit(width=PHONE, script=False)
    visitor.open("/login/")
    reads_without_script(visitor, "To log in with a passkey, turn on JavaScript in your browser.")
    visitor.give_password(alice)
    visitor.at("Use your passkey")
    reads_without_script(visitor, "Passkeys need JavaScript. Turn it on in your browser, or use")
    if way == "recovery code":
        visitor.open_menu("Can't use your passkey?")
        visitor.follow("Use a recovery code")
        visitor.write("Recovery code", codes[0])
        visitor.press("Verify Code")
        visitor.at("Welcome, Alice")
        return
    visitor.open("/login/choose/")
    visitor.at("Choose another way")
    phone = alice.factors.get(kind="phone")
    labels = {"app": "authenticator app", "text": "Text to", "email": "Email to"}
    visitor.page.get_by_label(labels[way]).check()
    visitor.press("Continue")
    visitor.field("Code").wait_for()
    answers = {"text": lambda: code(phone.target), "email": lambda: code(alice.email)}
    visitor.give_code(answers[way]() if way in answers else shows(SECRET))
    visitor.at("Welcome, Alice")
