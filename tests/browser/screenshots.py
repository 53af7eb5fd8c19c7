"""`python -m tests.browser.screenshots DIRECTORY`: pictures of a freshly started demo's pages.

Start it with `make run` on an empty database: Ada has to enroll her phone. `--readme` takes only
the README's pictures.
"""

import argparse
import re
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser, Page

from tests.browser import chromium

# As `make run` prints them
PASSWORD = "demo demo demo demo"
ADMINS = "+447700900100"
BENS = "+447700900101"
ADAS = "+447546123456"
WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHT = 844
# The README's column on GitHub, in pixels
COLUMN = 860


class Shoot(Protocol):
    """Takes the pictures of one page."""

    def __call__(self, page: Page, name: str) -> None:
        """Write them."""


def main() -> None:
    """Walk through the demo and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--portal", default="http://127.0.0.1:8000", help="where the demo runs")
    parser.add_argument("--readme", action="store_true", help="only the README's pictures")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    path = chromium.find()
    if path is None:
        parser.exit(1, "No Chromium on PATH.\n")
    with chromium.launched(path) as browser:
        if options.readme:
            _readme(browser, options.portal, options.directory)
        else:
            _everything(browser, options.portal, options.directory)


def _everything(browser: Browser, portal: str, directory: Path) -> None:
    """Each page in two widths and two themes."""

    def shoot(page: Page, name: str) -> None:
        for device, width in WIDTHS.items():
            for theme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                page.screenshot(
                    path=directory / f"{name}-{device}-{theme}.png",
                    full_page=True,
                    animations="disabled",
                )

    _first_login(browser.new_context(base_url=portal).new_page(), shoot)
    _administration(browser.new_context(base_url=portal).new_page(), shoot)


def _readme(browser: Browser, portal: str, directory: Path) -> None:
    """Two pages as wide as the README's column."""

    def shoot(page: Page, name: str, *, height: int) -> None:
        page.set_viewport_size({"width": COLUMN, "height": height})
        page.screenshot(path=directory / f"{name}.png", animations="disabled")

    page = browser.new_context(base_url=portal).new_page()
    page.goto("/login/")
    _log_in(page, "ben@example.com")
    code = _code(page, BENS)
    page.get_by_label("Code").fill(f"{code[:3]} {code[3:]}")
    shoot(page, "code", height=1030)
    page.goto("/demo/phone/")
    page.get_by_role("button", name="Copy code").first.wait_for()
    shoot(page, "phone", height=800)


def _first_login(page: Page, shoot: Shoot) -> None:
    page.goto("/login/")
    shoot(page, "login")
    _press(page, "Login")
    shoot(page, "login-problem")
    _log_in(page, "ada@example.com", at="Update Phone Number")
    shoot(page, "enroll-phone")
    page.get_by_label("Mobile number").fill("+44 44 7546 123456")
    _press(page, "Send Verification Code")
    shoot(page, "enroll-phone-problem")
    _press(page, "Use +44 7546 123456", at="Enter the code")
    shoot(page, "enroll-code")
    page.get_by_label("Code").fill(_code(page, ADAS))
    _press(page, "Verify Code", at="Log in")
    shoot(page, "login-again")
    _log_in(page, "ada@example.com")
    shoot(page, "code")
    page.get_by_label("Code").fill("12")
    _press(page, "Verify Code")
    shoot(page, "code-problem")
    page.get_by_role("link", name="Try another way").click()
    _at(page, "Choose another way")
    shoot(page, "ways")
    page.goto("/login/help/")
    shoot(page, "help")
    page.goto("/login/verify/")
    page.get_by_label("Code").fill(_code(page, ADAS))
    _press(page, "Verify Code", at="Welcome, Ada Adams")
    shoot(page, "home")
    page.get_by_label("Menu", exact=True).click()
    shoot(page, "home-menu")
    for name, path in {
        "details": "/me/",
        "email": "/me/email/",
        "password": "/me/password/",
        "change-phone": "/me/phone/",
        "new-app": "/me/security/app/",
        "own-recovery-codes": "/me/security/codes/",
        "security": "/me/security/",
        "activity": "/me/activity/",
        "phone": "/demo/phone/",
        "not-found": "/nowhere/",
    }.items():
        page.goto(path)
        shoot(page, name)


def _administration(page: Page, shoot: Shoot) -> None:
    page.goto("/admin/")
    _log_in(page, "admin@example.com")
    page.get_by_label("Code").fill(_code(page, ADMINS))
    _press(page, "Verify Code", at="You need a way in without your phone")
    shoot(page, "back-up")
    _press(page, "Show my recovery codes", at="Save your recovery codes")
    shoot(page, "recovery-codes")
    _press(page, "I have saved them: log in", at="Administration")
    shoot(page, "admin")
    for name, path in {
        "admin-people": "/admin/accounts/user/",
        "admin-deliveries": "/admin/mfa/delivery/",
        "admin-limits": "/admin/mfa/brake/",
        "admin-settings": "/admin/system-settings/",
        "admin-policy": "/admin/mfa/accountpolicy/",
        "admin-setup-steps": "/admin/mfa/accountpolicy/setup-steps/",
        "admin-test": "/admin/mfa/accountpolicy/test-message/",
    }.items():
        page.goto(path)
        shoot(page, name)
    page.get_by_label("Mobile number").fill(ADAS)
    _press(page, "Send test message")
    page.get_by_role("status").wait_for()
    shoot(page, "admin-test-sent")


def _log_in(page: Page, email: str, *, at: str = "Enter your login code") -> None:
    if "/login/" not in page.url:
        page.goto("/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    _press(page, "Login", at=at)


def _press(page: Page, button: str, *, at: str = "") -> None:
    """Press a button and wait for the page that it leads to."""
    with page.expect_event("load"):
        page.get_by_role("button", name=button, exact=True).click()
    if at:
        _at(page, at)


def _at(page: Page, heading: str) -> None:
    page.get_by_role("heading", level=1, name=re.compile(re.escape(heading))).wait_for()


def _code(page: Page, number: str) -> str:
    """Read the newest code that went to a number from the virtual phone."""
    phone = page.context.new_page()
    phone.goto("/demo/phone/")
    newest = phone.locator(".message", has_text=number).locator("[data-code]").first
    code = newest.get_attribute("data-code") or ""
    phone.close()
    return code


if __name__ == "__main__":
    main()
