"""Typed text that is included in emails: one line, without links."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_REASON = 200
# For commands, which are in English
ASKED_FOR = f"Give a reason of at most {LONGEST_REASON} characters, as plain text on one line."
# Control characters, line separators, and characters that change the text direction: typed text
# must not add lines, headers or another order to an email.
CONTROL = {"Cc", "Zl", "Zp"}
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What email programs turn into links: host names (also with East Asian dots), email addresses,
# schemes. Times, amounts and versions keep their colons and dots.
DOT = r"[.\u3002\uff0e\uff61]"
BREAKS = (
    re.compile(rf"(?<=\w){DOT}(?=[^\W\d])|(?<=[^\W\d]){DOT}(?=\w)"),
    re.compile(r"(?<=[^\W\d]):(?=\S)"),
    re.compile(r"\\\\(?=\S)"),
)
AT = re.compile(r"(?<=\S)@(?=\S)")


def check(text: str) -> None:
    """Raise ValidationError for text with several lines or invisible characters."""
    if any(sign in TURNING or unicodedata.category(sign) in CONTROL for sign in text):
        raise ValidationError(_("Use plain text on one line."), code="plain_text")


def check_unlinked(text: str) -> None:
    """Raise ValidationError for text that an email program would turn into a link."""
    check(text)
    if unlinked(text) != text:
        raise ValidationError(_("Use plain text without links."), code="link")


def fits(reason: str) -> bool:
    """Whether a reason is short enough and plain text."""
    try:
        check(reason)
    except ValidationError:
        return False
    return len(reason) <= LONGEST_REASON


def unlinked(text: str) -> str:
    """Return the text with spaces where an email program would make a link."""
    for link in BREAKS:
        text = link.sub(r"\g<0> ", text)
    return AT.sub(" @ ", text)
