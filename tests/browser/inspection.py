"""Looks at a page in Chromium: its layout in three widths, both themes, its accessibility tree."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, HEIGHT, NARROW, PHONE

LOOK = (Path(__file__).parent / "inspection.js").read_text()
# Roles that a screen reader announces by their name
NAMED = {
    "button",
    "checkbox",
    "combobox",
    "DisclosureTriangle",
    "heading",
    "image",
    "link",
    "listbox",
    "navigation",
    "radio",
    "searchbox",
    "switch",
    "textbox",
}


def problems_of(page: Page, *, own: bool = True) -> list[str]:
    """List what is wrong with the page, with the width and theme where that shows."""
    page.wait_for_load_state()
    found = [f"nameless: {role}" for role in _nameless(page)]
    for width, theme in ((NARROW, "dark"), (PHONE, "light"), (DESKTOP, "dark"), (DESKTOP, "light")):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        seen = page.evaluate(LOOK, {"own": own})
        found += [f"{width} {theme}: {problem}" for problem in seen]
    return found


def _nameless(page: Page) -> list[str]:
    """Return the roles of what has no name in Chromium's accessibility tree (4.1.2)."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    shown = [node for node in nodes if not node["ignored"] and "role" in node]
    return [
        node["role"]["value"]
        for node in shown
        if node["role"]["value"] in NAMED and not node.get("name", {}).get("value", "").strip()
    ]
