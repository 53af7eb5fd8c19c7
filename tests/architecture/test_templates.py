"""Templates: nothing inline, every word translatable."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = [path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts]
ALL = sorted(TEMPLATES.rglob("*.html"))
BLOCK = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
CLASSES = re.compile(r"{% block body_class %}.*?{% endblock(?: body_class)? %}")
TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def relative(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_a_page_has_no_style_and_no_script_of_its_own(path: Path) -> None:
    """WB-02: the policy of the headers forbids them."""
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:", text)


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_every_word_can_be_translated(path: Path) -> None:
    """What is left without tags and translated blocks has no letters."""
    text = TAGS.sub("", CLASSES.sub("", BLOCK.sub("", STYLE.sub("", path.read_text()))))
    words = re.sub(r"<!DOCTYPE html>|<[^>]*>|&\w+;", "", text, flags=re.DOTALL)
    assert not re.search(r"[^\W\d_]", words), words.strip()


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_attributes_that_people_read_can_be_translated(path: Path) -> None:
    text = BLOCK.sub("", path.read_text())
    shown = re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"{]+)"', text)
    assert shown == []


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_every_form_that_posts_has_its_token(path: Path) -> None:
    """WB-01."""
    forms = re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL)
    posting = [form for form in forms if 'method="post"' in form]
    assert [form for form in posting if "{% csrf_token %}" not in form] == []


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_nothing_is_marked_safe_but_help_texts_of_our_own(path: Path) -> None:
    """WB-04."""
    text = path.read_text().replace("field.help_text|safe", "")
    assert not re.search(r"\|\s*safe\b|autoescape off", text)


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_no_address_is_written_by_hand(path: Path) -> None:
    """Names lead to pages, so that addresses may move."""
    assert not re.search(r'(?:href|action|src)="/', path.read_text())


def test_each_page_has_one_heading() -> None:
    pages = [path for path in PAGES if "extends" in path.read_text() and "admin" not in path.parts]
    counted = {relative(path): path.read_text().count("<h1") for path in pages}
    del counted["base_focus.html"]
    assert {name: count for name, count in counted.items() if count != 1} == {}
