"""Pseudo-languages: English with accents and 40 % longer, and the same from right to left.

They show what a translation will meet: a text that gettext does not know, one too long for its
place, and a page that only works from left to right. Accents and marks are in GSM 03.38, so that
texts are counted as those of most languages. Texts from right to left use Unicode: 134 characters
make two segments, and translators have to count them (docs/contributing.md).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from unittest.mock import patch

from django.utils import translation
from django.utils.translation import trans_real
from pytest_django import Settings

ACCENTED, RIGHT_TO_LEFT = "en-xa", "ar-xb"
# Around each translated text
OPEN, CLOSE = "¡", "¿"
ACCENTS = str.maketrans("aeiounAEOUN", "àéìöüñÅÉÖÜÑ")
# Placeholders, tags, entities and commands stay as they are.
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|{\w*}|<[^>]*>|&#?\w+;|manage\.py \w+|https?://\S+|\n)")
MORE = ("öñé", "twö", "thréé", "föür", "fìvé", "ßìx", "ßévéñ")
LONGER = 0.4
# Unicode's right-to-left override and its end
FROM_THE_RIGHT = "\u202e{}\u202c"


def pseudo(message: str) -> str:
    """Return the message with accents, longer, between marks."""
    text = message.rpartition("\x04")[2]
    parts = KEPT.split(text)
    letters = sum(len(part) for part in parts[::2])
    accented = "".join(
        part if number % 2 else part.translate(ACCENTS) for number, part in enumerate(parts)
    )
    more = " ".join(islice(cycle(MORE), round(letters * LONGER / 5)))
    return f"{OPEN}{accented}{' ' + more if more else ''}{CLOSE}"


class Translation(trans_real.DjangoTranslation):
    """A pseudo-language as Django's catalog."""

    def __init__(self, language: str, form: str = "{}") -> None:
        """Take Django's English catalog for everything else."""
        super().__init__("en")
        self._DjangoTranslation__language = language
        self._DjangoTranslation__to_language = language
        self.form = form

    def gettext(self, message: str) -> str:
        """Return the text in this language."""
        return self.form.format("\0").replace("\0", pseudo(message)) if message else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for a number, by the rule of English."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@contextmanager
def speaking(settings: Settings, language: str) -> Iterator[None]:
    """Pages, messages and commands use this language, whatever a browser asks for."""
    form = FROM_THE_RIGHT if language == RIGHT_TO_LEFT else "{}"
    kept = settings.LANGUAGES, settings.LANGUAGE_CODE
    settings.LANGUAGES, settings.LANGUAGE_CODE = [(language, language)], language
    trans_real._translations[language] = Translation(language, form)
    # It has no folder with a catalog.
    found = patch.object(trans_real, "check_for_language", return_value=True)
    with found, translation.override(language):
        yield
    settings.LANGUAGES, settings.LANGUAGE_CODE = kept


# What no translation changes: addresses, reference codes, products, countries (Babel has their
# names), and what the tests typed
NAMES = re.compile(
    r"""[\w.+…-]+@[\w.-]+ | @\S+\ \#\d+ | https?://\S+ | (?<!\S)/[a-z/-]+/? | [+][\d ]+ | UTC
    | \b[\dA-Z]{4}-[\dA-Z]{4}\b
    | Linux | \b(A\ )?[Aa]cme(\ Portal)? | Globex | Able | Alice | Bob | Charlie
    | [Tt]he\ help\ desk | lost\ phone | Handbook
    | demo(\ demo){3} | Administrators | Support | English | [A-Z]\w+(/[-+\w]+)+ | (?<=…)\w+
    | testserver(/[a-z/]+)? | Chrome | Android | \bRoot\b | \w+\.csv | Courriel | Nom | Handy
    | outbox-\d+ | number\ ending | Guernsey | Isle\ of\ Man | Jersey | United\ Kingdom""",
    re.VERBOSE,
)


def untranslated(text: str, names: re.Pattern[str] = NAMES) -> list[str]:
    """Return the words that are not translated and not names.

    Outside of the marks that is every word, inside it is a value with plain vowels.
    """
    found, depth = [], 0
    for part in re.findall(rf"[{OPEN}{CLOSE}]|[^{OPEN}{CLOSE}]+", names.sub(" ", text)):
        if part in {OPEN, CLOSE}:
            depth += 1 if part == OPEN else -1
            continue
        words = re.findall(r"[^\W\d_]\w*", part)
        found += [word for word in words if depth < 1 or re.search(r"[aeou]", word)]
    return found
