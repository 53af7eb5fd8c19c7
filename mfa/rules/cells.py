"""Cells of a CSV file that a spreadsheet opens."""

import unicodedata

# The first signs of a formula. Full-width ones become these, and the last is that of mathematics.
SIGNS = ("=", "+", "-", "@", "\u2212")
# Categories of what no one sees before a sign: control characters, joiners, spaces
UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}
# In front of a cell it means text, also to an import.
TEXT_MARK = "'"


def is_formula(text: str) -> bool:
    """Whether some spreadsheet may run the text, with marks or without (OWASP: CSV injection)."""
    first = text.lstrip(TEXT_MARK)[:1]
    if not first:
        return False
    return unicodedata.normalize("NFKC", first).startswith(SIGNS) or (
        unicodedata.category(first) in UNSEEN
    )


def safe(text: str) -> str:
    """Return the text so that no spreadsheet runs it as a formula."""
    return f"{TEXT_MARK}{text}" if is_formula(text) else text


def unmarked(cell: str) -> str:
    """Return the text of a cell that `safe` wrote."""
    return cell[1:] if cell.startswith(TEXT_MARK) and is_formula(cell) else cell
