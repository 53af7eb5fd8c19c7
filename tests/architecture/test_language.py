"""Pages, messages, labels and guides use plain English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_code_language import RETIRED
from tests.architecture.test_house import TRACKED, relative

# Words that people do not say, each with the word to use
UNCLEAR = RETIRED | {
    r"run out": "expired",
    r"put (?:\w+ )?out": "log out",
    r"all the same": "still, anyway",
    r"else than": "other than",
    r"by hand": "manually",
    r"of itself|by themselves": "automatically",
    r"so long": "until then",
    r"for a time": "until, for … hours",
    r"logs (?:nobody|you) in": "can(not) be used to log in",
    r"tr(?:y|ies) left": "attempts left",
    r"present password": "current password",
    r"sign[- ]in": "log in, login",
    r"(?:mobile|without|phone|no) coverage": "signal",
    r"set anew|set-up anew": "reset",
    r"speaks? against": "reason not to",
    r"nobody": "no one",
    r"holds? no": "contains no, doesn't contain",
    r"mails": "emails",
}
# The sentence that the policy form must show (EM-07)
QUOTED = "Anyone who controls the mailbox controls the account."
ANY = re.compile(rf"\b(?:{'|'.join(UNCLEAR)})\b", re.IGNORECASE)
TRANSLATED = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "N_"}
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)
NOT_SHOWN = re.compile(r"{%(?! *(?:translate|trans)\b).*?%}|{{.*?}}|<[^>]*>", re.DOTALL)
CODE_IN_GUIDE = re.compile(
    r"\"/[^\"]*\"|```.*?```|`[^`]*`|^ {4}[^\n]*$|\(https?:[^)]*\)", re.DOTALL | re.MULTILINE
)


def translated(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each literal that is passed to gettext, with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for argument in node.args if node.func.id in TRANSLATED else ():
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.lineno, argument.value


def shown() -> Iterator[tuple[str, str]]:
    """Yield each text that people read, with its place."""
    for path in TRACKED:
        name = relative(path)
        if path.suffix == ".py" and path.parts and "tests" not in Path(name).parts:
            yield from ((f"{name}:{line}", text) for line, text in translated(path))
        elif name.startswith("templates/"):
            yield name, NOT_SHOWN.sub(" ", COMMENT.sub("", path.read_text()))
        elif path.suffix == ".md" and not name.startswith("tests/"):
            text = CODE_IN_GUIDE.sub("", path.read_text())
            # The glossary names the words to avoid.
            yield (
                name,
                re.sub(r"^\|.*$", "", text, flags=re.MULTILINE) if "contributing" in name else text,
            )


def test_pages_messages_labels_and_guides_avoid_unclear_words() -> None:
    found = [
        f"{place}: {hit[0]!r}, better: {better}"
        for place, shown_text in shown()
        if ANY.search(text := shown_text.replace(QUOTED, ""))
        for word, better in UNCLEAR.items()
        if (hit := re.search(rf"\b(?:{word})\b", text, re.IGNORECASE))
    ]
    assert found == []


def test_no_translated_text_is_half_a_sentence() -> None:
    """A translator cannot move a word across a border between two strings."""
    glued = [
        f"{relative(path)}:{line}: {text!r}"
        for path in TRACKED
        if path.suffix == ".py" and not relative(path).startswith("tests/")
        for line, text in translated(path)
        if text != text.strip()
    ]
    assert glued == []
