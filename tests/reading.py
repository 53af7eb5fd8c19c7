"""The texts of a page or message, as people see or hear them."""

import re
from html.parser import HTMLParser

from mfa.models import Event, Reason
from mfa.rules.methods import ChannelName, Method
from mfa.rules.routes import Purpose

# Elements within a sentence; all others begin a new one.
INLINE = {"a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "span", "strong", "time"}
# Elements whose text nobody reads
UNREAD = {"script", "style", "svg"}
READ_ATTRIBUTES = ("aria-label", "alt", "title", "placeholder")
VOID = {"br", "hr", "img", "input", "link", "meta"}
# A point within an address, a number or a version ends no sentence.
END = re.compile(r"(?<=[.!?:])\s+")
LONGEST_SENTENCE = 24
# Names that programs use. Commands such as reset_mfa follow "manage.py".
KEY = re.compile(
    r"(?<!manage\.py\ )(?<![\w/.])[a-z]+(?:_[a-z0-9]+)+\b | \b\w+\ object\ \(\d+\)", re.VERBOSE
)
# Stored names of one word that nobody says, where they are the whole text or in parentheses
BARE = {*ChannelName, *Purpose, *Method, *Reason, *Event} - {
    str(words) for words in (*Reason.labels, *Event.labels)
}


class Reader(HTMLParser):
    """Collects the blocks of text on a page."""

    def __init__(self) -> None:
        """Start outside of all elements."""
        super().__init__()
        self.unread: list[str] = []
        self.now: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read the attributes, and the labels of buttons."""
        has = {name: value or "" for name, value in attrs}
        read = [
            *READ_ATTRIBUTES,
            *(["value"] if tag == "input" and has.get("type") == "submit" else []),
        ]
        self.texts += [has[name] for name in read if has.get(name)]
        if tag not in INLINE:
            self.finish()
        if tag not in VOID and (self.unread or tag in UNREAD):
            self.unread.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if self.unread and self.unread[-1] == tag:
            self.unread.pop()
        if tag not in INLINE:
            self.finish()

    def handle_data(self, data: str) -> None:
        """Read a text."""
        if not self.unread:
            self.now.append(data)

    def finish(self) -> None:
        """Begin a new block."""
        if text := " ".join("".join(self.now).split()):
            self.texts.append(text)
        self.now = []


def texts_of(html: str) -> list[str]:
    """Return the blocks of text of a page, with labels that are only heard."""
    reader = Reader()
    reader.feed(html)
    reader.finish()
    return reader.texts


def sentences_of(html: str) -> list[str]:
    """Return the sentences of a page."""
    return [sentence for text in texts_of(html) for sentence in END.split(text)]


def long_sentences(html: str) -> list[str]:
    """Return the sentences that nobody reads to the end."""
    return [each for each in sentences_of(html) if len(each.split()) > LONGEST_SENTENCE]


def raw_keys(html: str) -> list[str]:
    """Return the names for programs that people would see."""
    texts = texts_of(html)
    bare = [text for text in texts if BARE & {text, *re.findall(r"\((\w+)\)", text)}]
    return [*bare, *(key for text in texts for key in KEY.findall(text))]
