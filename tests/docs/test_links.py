"""Links between the guides lead to files, headings and pictures that exist."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
GUIDES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"""(?:\]\(|(?:src|srcset)=")(?!https?:)([^)"#]*)#?([\w-]*)""")


def headings(guide: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a guide."""
    titles = re.findall(r"^#+ (.+)$", guide.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_links_of_the_guides_lead_somewhere() -> None:
    links = [
        (guide, path, anchor)
        for guide in GUIDES
        for path, anchor in LINK.findall(guide.read_text())
    ]
    assert len(links) > 20
    broken = []
    for guide, path, anchor in links:
        target = guide.parent / path if path else guide
        if not target.is_file() or (anchor and anchor not in headings(target)):
            broken.append((guide.name, path, anchor))
    assert broken == []


def test_every_picture_is_shown() -> None:
    shown = {Path(path).name for guide in GUIDES for path, _ in LINK.findall(guide.read_text())}
    light = {path.name for path in (ROOT / "docs/images").glob("*-light.webp")}
    assert light - shown == set()
