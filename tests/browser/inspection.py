"""Checks a page in Chromium with axe's rules and our own, at two widths and in both themes."""

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, HEIGHT, NARROW
from tests.browser.visitor import Visitor

LOOK = (Path(__file__).parent / "inspection.js").read_text()
# Width and theme, and whether only the colors differ from the previous one
VIEWS = (
    (NARROW, "dark", False),
    (NARROW, "light", True),
    (DESKTOP, "dark", True),
    (DESKTOP, "light", False),
)


def look(visitor: Visitor, heading: str) -> None:
    """Wait for one of the portal's pages, and check that it has no faults."""
    visitor.at(heading)
    found = problems_of(visitor.page)
    assert found == [], found


def problems_of(page: Page, *, own: bool = True) -> list[str]:
    """List the page's faults, with their width and theme."""
    page.wait_for_load_state()
    # The engine bypasses the Content-Security-Policy, like developer tools.
    page.evaluate(AXE_SCRIPT)
    found = []
    for width, theme, colors in VIEWS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        seen = page.evaluate(LOOK, {"own": own, "colors": colors})
        found += [f"{width} {theme}: {problem}" for problem in seen]
    return found
