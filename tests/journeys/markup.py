"""Faults in a page's markup that validators report and that are cheap to test."""

import re
from html.parser import HTMLParser

# HTML, 2.3.5: seconds take three decimals at most.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:?\d\d)")
# ARIA in HTML: these have no accessible name without a role. Lists may have one, but screen readers
# ignore it.
NAMELESS = {"div", "span", "p", "ol", "ul", "li", "dl", "dt", "dd", "code", "strong", "em", "time"}
SECTIONS, HEADINGS = {"section", "article"}, {"h1", "h2", "h3", "h4", "h5", "h6"}
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "circle", "rect"}


class Markup(HTMLParser):
    """Walks the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[list[object]] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.named_by: list[str] = []
        self.focused = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids += [has["id"]] if "id" in has else []
        self.focused += "autofocus" in has
        if self.focused > 1 and "autofocus" in has:
            self.faults.append(f"autofocus twice: {has.get('id')}")
        self.named_by += has.get("aria-labelledby", "").split()
        self.named_by += has.get("aria-describedby", "").split()
        if tag == "time" and not TIME.fullmatch(has.get("datetime", "")):
            self.faults.append(f"time {has.get('datetime')}")
        if tag in NAMELESS and "role" not in has and has.keys() & {"aria-label", "aria-labelledby"}:
            self.faults.append(f"{tag} takes no name")
        if tag in HEADINGS:
            for each in self.open:
                each[1] = True
        if tag not in VOID:
            self.open.append([tag, False, has])

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            closed, headed, has = self.open.pop()
            if closed in SECTIONS and not headed:
                self.faults.append(f"section without a heading: {has}")
            if closed == tag:
                return


def faults(html: str, *, ours: bool = True) -> list[str]:
    """Return the faults. Of Django's own pages, only those in our templates and data."""
    page = Markup()
    page.feed(html)
    twice = {each for each in page.ids if page.ids.count(each) > 1}
    lost = set(page.named_by) - set(page.ids)
    if not ours:
        return [fault for fault in page.faults if fault.startswith(("time", "autofocus"))]
    return [
        *page.faults,
        *(f"id twice: {each}" for each in twice),
        *(f"no id: {each}" for each in lost),
    ]
