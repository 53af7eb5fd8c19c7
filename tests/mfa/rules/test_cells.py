"""Cells of a CSV file."""

import pytest

from mfa.rules.cells import safe, unmarked


@pytest.mark.parametrize("formula", ["=1+1", "+4477", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_formula_is_quoted(formula: str) -> None:
    assert safe(formula) == f"'{formula}"
    assert safe(f"  {formula}") == f"'  {formula}"


@pytest.mark.parametrize(
    "formula",
    [
        *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20A", "\ufe62 1", "\u22121"),
        *("\ufeff=1", "\u200b=1", "\xa0=1", "\u3000=1", "\u2028=1", "\u2029=1", "\x00=1", "\x1f=1"),
    ],
)
def test_formula_in_other_characters_is_quoted(formula: str) -> None:
    """Spreadsheets in some languages read full-width signs, and drop what no one sees."""
    assert safe(formula) == f"'{formula}"


@pytest.mark.parametrize("text", ["=1", "'=1", "''\uff1d1", "'Ada", "Ada", "'", ""])
def test_written_text_is_read_unchanged(text: str) -> None:
    assert unmarked(safe(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "Ada", "Ålesund", "李雷", "'", "''", "'Ada", '"=1"', "a=b", "ada@example.org", "1-2"],
)
def test_other_text_stays(text: str) -> None:
    assert safe(text) == text
