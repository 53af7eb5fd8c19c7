"""What the guides print in bold is a label that people find on their screen."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# A bold phrase that ends in one of these begins a paragraph and is no label.
LEAD_INS = (".", "?", ":")
# Django's own words
DJANGO = {"Add", "Go", "Groups"}


def on_screen() -> str:
    """All that templates and code can show, with each run of spaces as one."""
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(path for app in ("accounts", "mfa", "portal") for path in (ROOT / app).rglob("*.py")),
    ]
    text = "\n".join(path.read_text() for path in files)
    joined = re.sub(r'"\s*\n\s*"', "", text)
    return re.sub(r"\s+", " ", joined).lower()


@pytest.mark.parametrize("guide", ["administrators", "support"])
def test_labels_of_the_guide_are_on_the_screen(guide: str) -> None:
    text = re.sub(r"\s+", " ", (ROOT / f"docs/{guide}.md").read_text())
    bold = [phrase for phrase in re.findall(r"\*\*(.+?)\*\*", text) if phrase[-1] not in LEAD_INS]
    labels = {label for phrase in bold for label in phrase.split(" > ")}
    assert len(labels) > 5
    screen = on_screen()
    assert [label for label in sorted(labels - DJANGO) if label.lower() not in screen] == []
