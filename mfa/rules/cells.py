"""Cells of a CSV file that a spreadsheet opens."""

# A cell that begins with one of these is a formula to some spreadsheet, or hides one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", " ")


def safe(text: str) -> str:
    """Return the text so that no spreadsheet runs it as a formula (OWASP: CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA) else text
