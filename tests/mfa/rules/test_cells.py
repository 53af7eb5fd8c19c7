"""Cells of a CSV file."""

import pytest

from mfa.rules.cells import safe


@pytest.mark.parametrize("formula", ["=1+1", "+4477", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_formula_is_quoted(formula: str) -> None:
    assert safe(formula) == f"'{formula}"
    assert safe(f"  {formula}") == f"'  {formula}"


@pytest.mark.parametrize("text", ["", "Ada", "a=b", "ada@example.org", "1-2"])
def test_other_text_stays(text: str) -> None:
    assert safe(text) == text
