"""A person at a real browser: the steps of a login as methods, and a watch on the console."""

import re
from copy import copy
from typing import Self

from django.conf import settings
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebError,
    expect,
)

from accounts.models import User
from mfa.sessions import phones
from tests.browser.hands import Hands
from tests.portal_client import PASSWORD, Browser

# The console reports violations too, but this names directive and source.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP", event.violatedDirective, event.blockedURI, event.sample);
});"""
SERVER_ERROR = 500


class Watch:
    """Collects console errors, requests to other hosts, and server errors."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home
        self.complaints: list[str] = []
        self.expected: list[str] = []
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._web_error)
        context.on("request", self._request)
        context.on("response", self._response)

    @property
    def unexpected(self) -> list[str]:
        """Return the complaints that were not announced by `Visitor.expects`."""
        return [line for line in self.complaints if not any(word in line for word in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _web_error(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.complaints.append(f"left the portal: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= SERVER_ERROR:
            self.complaints.append(f"status of {response.status}: {response.url}")


class Visitor:
    """A person with a browser. Every method waits for what it needs."""

    def __init__(self, context: BrowserContext, home: str, hands: Hands) -> None:
        self.home = home
        self.hands = hands
        self.context = context
        self.watch = Watch(context, home)
        self.page: Page = context.new_page()

    def expects(self, *words: str) -> None:
        """Announce complaints that the test expects, such as `status of 429`."""
        self.watch.expected.extend(words)

    def take_over(self, browser: Browser) -> Self:
        """Take over the session of the test client, and what makes it a phone that approves."""
        for name in (settings.SESSION_COOKIE_NAME, phones.cookie_name()):
            if name in browser.cookies:
                cookie = {"name": name, "value": browser.cookies[name].value, "url": self.home}
                self.context.add_cookies([cookie])
        return self

    def another_tab(self) -> Self:
        """Open a second tab of the same browser."""
        tab = copy(self)
        tab.page = self.context.new_page()
        return tab

    # Location

    def open(self, path: str) -> None:
        self.page.goto(self.home + path)

    def at(self, heading: str) -> None:
        """Wait for the page with this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def reads(self, words: str | re.Pattern[str], *, role: str = "main") -> None:
        expect(self.page.get_by_role(role).filter(has_text=words).first).to_be_visible()

    @property
    def summary(self) -> Locator:
        return self.page.locator("[data-error-summary]")

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("main").get_by_role("link", name=name, exact=True)

    # Actions

    def write(self, label: str, text: str) -> None:
        self.hands.write(self.field(label), text)

    def press(self, name: str) -> None:
        self.hands.press(self.button(name))

    def follow(self, name: str) -> None:
        self.hands.press(self.link(name))

    def open_menu(self, name: str) -> None:
        """Open a menu of the top bar by the start of its label or text."""
        start = re.compile(rf"^\s*{name}")
        summaries = self.page.locator("summary")
        self.hands.press(
            summaries.and_(self.page.get_by_label(start)).or_(summaries.filter(has_text=start))
        )

    def give_password(self, user: User) -> None:
        """Enter email and password, the email only if it is not prefilled."""
        self.at("Log in")
        if self.field("Email").input_value() != user.email:
            self.write("Email", user.email)
        self.write("Password", PASSWORD)
        self.press("Login")

    def give_code(self, code: str) -> None:
        self.write("Code", code)
        self.press("Verify Code")

    def log_out(self) -> None:
        self.open_menu("Your account")
        self.press("Log out")
        self.at("Log in")
