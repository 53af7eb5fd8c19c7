"""Templates: no inline styles or scripts, and every text translatable."""

import re
from pathlib import Path

from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# Each file once, by its path in the folder
ALL = {
    str(path.relative_to(TEMPLATES)): path.read_text() for path in sorted(TEMPLATES.rglob("*.html"))
}
PAGES = {name: text for name, text in ALL.items() if not name.startswith("emails/")}
BLOCK = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
CLASSES = re.compile(r"{% block (?:body_?class|coltype) %}.*?{% endblock(?: body_?class)? %}")
TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def test_pages_and_emails_are_found() -> None:
    """Each rule below applies to all of them and lists the violations."""
    assert {"base.html", "mfa/verify.html", "admin/base_site.html"} <= set(PAGES)
    assert "emails/code/body.html" in ALL


def test_page_has_no_style_and_no_script_of_its_own() -> None:
    """WB-02: the Content-Security-Policy forbids them."""
    own = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:")
    assert [name for name, text in PAGES.items() if own.search(text)] == []


def test_every_word_can_be_translated() -> None:
    """Without tags and translated blocks, no letters are left."""
    left = {name: words_of(text) for name, text in ALL.items()}
    assert {name: words for name, words in left.items() if re.search(r"[^\W\d_]", words)} == {}


def words_of(template: str) -> str:
    """Return the text outside of tags and translated blocks."""
    text = TAGS.sub("", CLASSES.sub("", BLOCK.sub("", STYLE.sub("", template))))
    return re.sub(r"<!DOCTYPE html>|<[^>]*>|&\w+;", "", text, flags=re.DOTALL).strip()


def test_attributes_that_people_read_can_be_translated() -> None:
    shown = re.compile(r'\b(?:aria-label|alt|title|placeholder)="([^"{]+)"')
    found = {name: shown.findall(BLOCK.sub("", text)) for name, text in ALL.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_every_form_that_posts_has_its_token() -> None:
    """WB-01."""
    forms = [
        (name, form)
        for name, text in PAGES.items()
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL)
        if 'method="post"' in form
    ]
    assert forms
    assert [(name, form) for name, form in forms if "{% csrf_token %}" not in form] == []


def test_only_own_help_texts_are_marked_safe() -> None:
    """WB-04."""
    marked = re.compile(r"\|\s*safe\b|autoescape off")
    ours = "field.help_text|safe"
    assert [name for name, text in ALL.items() if marked.search(text.replace(ours, ""))] == []


def test_urls_are_not_hard_coded() -> None:
    """Use URL names, so that URLs can change."""
    written = re.compile(r'(?:href|action|src)="/')
    assert [name for name, text in PAGES.items() if written.search(text)] == []


def test_each_page_has_one_heading() -> None:
    counted = {
        name: text.count("<h1")
        for name, text in PAGES.items()
        if "extends" in text and "admin/" not in name
    }
    del counted["base_focus.html"]
    assert {name: count for name, count in counted.items() if count != 1} == {}


def test_parts_rendered_once_hold_no_personal_data() -> None:
    """A part between `once` and `endonce` is shown to everyone."""
    part = re.compile(r"{% once([^%]*) %}(.*?){% endonce %}", re.DOTALL)
    private = re.compile(r"csrf_token|\b(?:user|request|form|messages|session|person)\b[\w.]*")
    assert [
        f"{name}: {found}"
        for name, text in ALL.items()
        for named, inside in part.findall(text)
        for found in private.findall(" ".join(TAGS.findall(inside)))
        if found not in named.split()
    ] == []


def test_no_value_is_called_block() -> None:
    """Inside of a block tag, `block` is that tag, so a value of this name would be empty."""
    value = re.compile(r"\bblock\.(?!super\b)\w+")
    assert {name: value.findall(text) for name, text in ALL.items() if value.search(text)} == {}
