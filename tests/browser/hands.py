"""How a visitor uses a page: by pointer, or by keyboard with visible focus."""

from typing import Protocol

from playwright.sync_api import Locator, Page

# More tab stops than any page has. A target beyond them is unreachable.
MOST_STOPS = 120
HAS_FOCUS = "node => node === document.activeElement"
# WCAG 2.2, 2.4.7 and 2.4.11: the focus is visible and not fully covered.
HIDDEN_FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return "";
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const name = `${node.localName} "${(node.innerText || node.name || "").trim()}"`;
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) === 0) {
    return `${name} draws no outline`;
  }
  const spots = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
  const seen = spots.some(([across, down]) => {
    const top = document.elementFromPoint(
      box.left + box.width * across, box.top + box.height * down);
    return top && (node.contains(top) || top.contains(node));
  });
  return seen ? "" : `${name} is out of sight`;
}"""


class Hands(Protocol):
    """The actions that both ways have."""

    def press(self, target: Locator) -> None:
        """Activate a button, a link or a menu."""

    def write(self, target: Locator, text: str) -> None:
        """Replace the text of a field."""

    def tick(self, target: Locator) -> None:
        """Toggle a checkbox."""

    def choose(self, group: Locator, label: str) -> None:
        """Choose a radio button."""


class Pointer:
    """A mouse or a finger."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def tick(self, target: Locator) -> None:
        target.click()

    def choose(self, group: Locator, label: str) -> None:
        group.get_by_label(label).click()


class Keyboard:
    """Tab, Enter, Space, and arrows among radio buttons."""

    def press(self, target: Locator) -> None:
        self.reach(target)
        target.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        target.page.keyboard.press("Control+A")
        target.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        self.reach(target)
        target.page.keyboard.press("Space")

    def choose(self, group: Locator, label: str) -> None:
        self.reach(group.get_by_role("radio", checked=True))
        wanted = group.get_by_label(label)
        for _ in range(group.get_by_role("radio").count()):
            if wanted.is_checked():
                return
            group.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {label}")

    def reach(self, target: Locator) -> None:
        """Tab to an element. Each stop on the way must show its focus."""
        node = target.element_handle()
        for _ in range(MOST_STOPS):
            if node.evaluate(HAS_FOCUS):
                return
            self.step(target.page)
        raise AssertionError(f"Tab never reaches {target}")

    def step(self, page: Page) -> None:
        """Press Tab once."""
        page.keyboard.press("Tab")
        hidden = page.evaluate(HIDDEN_FOCUS)
        assert not hidden, f"{page.url}: {hidden}"
