"""Text that somebody typed and that we mail on: one line, and nothing that becomes a link."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_REASON = 200
# For operators, whose commands speak English
ASKED_FOR = f"Give a reason of at most {LONGEST_REASON} characters, as plain text on one line."
# Control signs and line ends, line and paragraph separators, and signs that turn the direction of
# what follows: a mail must not get lines, headers or an order that its template does not have.
CONTROL = {"Cc", "Zl", "Zp"}
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What mail programs make links of: host names (with the dots of East Asian keyboards), addresses
# of mailboxes, schemes. Times, amounts and versions keep their colons and dots.
DOT = r"[.\u3002\uff0e\uff61]"
BREAKS = (
    re.compile(rf"(?<=\w){DOT}(?=[^\W\d])|(?<=[^\W\d]){DOT}(?=\w)"),
    re.compile(r"(?<=[^\W\d]):(?=\S)"),
    re.compile(r"\\\\(?=\S)"),
)
AT = re.compile(r"(?<=\S)@(?=\S)")


def check(text: str) -> None:
    """Raise ValidationError for text of more than one line, or with invisible signs."""
    if any(sign in TURNING or unicodedata.category(sign) in CONTROL for sign in text):
        raise ValidationError(_("Use plain text on one line."), code="plain_text")


def fits(reason: str) -> bool:
    """Whether a reason is short enough, and plain text."""
    try:
        check(reason)
    except ValidationError:
        return False
    return len(reason) <= LONGEST_REASON


def unlinked(text: str) -> str:
    """Return the text with spaces where a mail program would otherwise see a link."""
    for link in BREAKS:
        text = link.sub(r"\g<0> ", text)
    return AT.sub(" @ ", text)
