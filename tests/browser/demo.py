"""Steps through the pages of a running demo, for pictures of them."""

import re

from playwright.sync_api import Page

# As `make run` prints them
PASSWORD = "demo demo demo demo"
ADMINS = "+447700900100"
BENS = "+447700900101"
SAMS = "+447700900102"


def log_in(page: Page, email: str) -> None:
    """Enter email and password, and wait for the next page."""
    if "/login/" not in page.url:
        page.goto("/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Login")


def verify(page: Page, number: str) -> None:
    """Enter the code that was texted to a number."""
    page.get_by_label("Code", exact=True).fill(read_code(page, number))
    press(page, "Verify Code")


def save_codes(page: Page) -> None:
    """Go through the two pages that show staff their recovery codes."""
    press(page, "Show my recovery codes")
    page.get_by_role("button", name=re.compile("^I have saved them")).click()
    page.wait_for_load_state("load")


def press(page: Page, button: str) -> None:
    """Press a button and wait for the page that it leads to."""
    with page.expect_event("load"):
        page.get_by_role("button", name=button, exact=True).click()


def at(page: Page, heading: str) -> None:
    """Wait for the page with this heading."""
    page.get_by_role("heading", level=1, name=re.compile(re.escape(heading))).wait_for()


def read_code(page: Page, number: str) -> str:
    """Read the newest code that went to a number from the virtual phone."""
    phone = page.context.new_page()
    phone.goto("/demo/phone/")
    newest = phone.locator(".message", has_text=number).locator("[data-code]").first
    code = newest.get_attribute("data-code") or ""
    phone.close()
    return code
