"""Docstrings, comments and names of tests use plain English."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.architecture.test_house import TRACKED, relative

# Old-fashioned or unclear words, each with the word to use
RETIRED = {
    r"anew": "again",
    r"lest": "so that … not",
    r"mend(?:s|ed|ing)?": "fix",
    r"whence": "where … from",
    r"whoever|whom": "the person who, people who",
    r"thief|thieves": "attacker",
    r"half[- ](?:logins?|signed[- ]in)": "pending login",
    r"mailbox(?:es)?": "email, email address",
    r"blanks?": "spaces",
    r"brakes?": "send block",
    r"vouch(?:es|ed)?": "confirm, allow",
    r"whilst|amongst|upon": "while, among, on",
    r"hence|thus|there(?:by|of|in)|where(?:by|in)|hereby|hitherto|forthwith": "so, by this",
    r"likewise": "in the same way",
    r"all else": "everything else",
    r"somebody|everybody|anybody": "someone, everyone, anyone",
    r"(?:password|email|link|account|session|code|requests|data) alone": "just the …",
    r"by itself|of itself": "automatically",
    r"(?:is|are|was|were|be) told": "is notified",
    r"go(?:es)? on|went on|lets? go of": "continue, release",
    r"(?:emails?|texts?|codes?|channels?) rests?": "is turned off",
}
ANY = re.compile(rf"\b(?:{'|'.join(RETIRED)})\b", re.IGNORECASE)
# This file names the words.
CODE = [
    path
    for path in TRACKED
    if path.suffix == ".py"
    and "migrations" not in path.parts
    and path.name != "test_code_language.py"
]


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield each docstring, comment and name of a test, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.replace("_", " ")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def offenders(name: str, source: str) -> list[str]:
    # Names in backquotes and with underscores are code.
    spoken = ((line, re.sub(r"`[^`]*`", "", text)) for line, text in texts(source))
    return [
        f"{name}:{line}: {found[0]!r}, better: {better}"
        for line, text in spoken
        if ANY.search(text)
        for word, better in RETIRED.items()
        if (found := re.search(rf"\b(?:{word})\b", text, re.IGNORECASE))
    ]


def test_docstrings_comments_and_test_names_avoid_retired_words() -> None:
    assert [each for path in CODE for each in offenders(relative(path), path.read_text())] == []


def test_rule_detects_retired_words() -> None:
    source = '''
def test_whoever_asks() -> None:
    """Mend it."""
    pass  # for the thief
'''
    assert len(offenders("example.py", source)) == 3
