"""Looks at a page in Chromium: axe's rules and our own, at two widths and in both themes."""

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, HEIGHT, NARROW
from tests.browser.visitor import Visitor

LOOK = (Path(__file__).parent / "inspection.js").read_text()
# Width and theme, and whether the colors alone are new there
VIEWS = (
    (NARROW, "dark", False),
    (NARROW, "light", True),
    (DESKTOP, "dark", True),
    (DESKTOP, "light", False),
)


def look(visitor: Visitor, heading: str) -> None:
    """Wait for one of the portal's own pages and find nothing wrong with it."""
    visitor.at(heading)
    assert problems_of(visitor.page) == []


def problems_of(page: Page, *, own: bool = True) -> list[str]:
    """List what is wrong with the page, with the width and theme where that shows."""
    page.wait_for_load_state()
    # The engine comes in past the policy, as a developer's tools do.
    page.evaluate(AXE_SCRIPT)
    found = []
    for width, theme, colors in VIEWS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        seen = page.evaluate(LOOK, {"own": own, "colors": colors})
        found += [f"{width} {theme}: {problem}" for problem in seen]
    return found
