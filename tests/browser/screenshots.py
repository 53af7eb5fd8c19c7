"""`python -m tests.browser.screenshots DIRECTORY`: pictures of a freshly started demo's pages.

Start it with `make run` on an empty database: Ada has to enroll her phone.
"""

import argparse
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser, Page

from tests.browser import chromium, demo
from tests.browser.demo import ADMINS, at as _at, read_code as _code

ADAS = "+447546123456"
WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHT = 844


class Shoot(Protocol):
    """Takes the pictures of one page."""

    def __call__(self, page: Page, name: str) -> None:
        """The width of the README on GitHub, in pixels"""


def main() -> None:
    """Walk through the demo and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--portal", default="http://127.0.0.1:8000", help="where the demo runs")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    path = chromium.find()
    if path is None:
        parser.exit(1, "No Chromium on PATH.\n")
    with chromium.launched(path) as browser:
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
    page.get_by_text("Not received a code?").click()
    shoot(page, "code-more")
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
    _press(page, "Verify Code", at="Save your recovery codes")
    shoot(page, "back-up")
    _press(page, "Show my recovery codes", at="Save your recovery codes")
    shoot(page, "recovery-codes")
    _press(page, "I have saved them: log in", at="Administration")
    shoot(page, "admin")
    for name, path in {
        "admin-people": "/admin/accounts/user/",
        "admin-deliveries": "/admin/mfa/delivery/",
        "admin-limits": "/admin/mfa/sendblock/",
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
    demo.log_in(page, email)
    _at(page, at)


def _press(page: Page, button: str, *, at: str = "") -> None:
    """Press a button and wait for the page that it leads to."""
    demo.press(page, button)
    if at:
        _at(page, at)


if __name__ == "__main__":
    main()
