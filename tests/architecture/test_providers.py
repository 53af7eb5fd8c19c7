"""A provider is one package. No other file knows its numbers or imports it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mfa/channels/twilio"
# The settings name the provider once.
SETTINGS = ROOT / "portal/settings.py"
# Twilio's error numbers, id prefixes, header, library and package
KNOWN = {
    "error number": re.compile(r"\b(?:20[04]\d\d|21[2-7]\d\d|30\d{3}|63\d{3}|57\d{4})\b"),
    "id": re.compile(r"\b(?:AC|MG|SM|MM|SK)(?:\[|\d|\b[\"'])"),
    "header": re.compile(r"X-Twilio", re.IGNORECASE),
    "import": re.compile(r"^\s*(?:from|import) (?:mfa\.channels\.)?twilio\b", re.MULTILINE),
    "dotted path": re.compile(r"channels\.twilio\b"),
}


def test_only_provider_package_knows_provider() -> None:
    assert [*_offenders()] == []


def test_patterns_match_provider_package() -> None:
    """Each pattern finds something in the package or the settings."""
    inside = "\n".join(path.read_text() for path in (*PACKAGE.glob("*.py"), SETTINGS))
    assert [name for name, pattern in KNOWN.items() if not pattern.search(inside)] == []


def _offenders() -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {name} {found[0].strip()}"
        for app in ("accounts", "mfa", "portal")
        for path in sorted((ROOT / app).rglob("*.py"))
        if PACKAGE not in path.parents and path != SETTINGS
        if "migrations" not in path.parts and "demo" not in path.parts
        for name, pattern in KNOWN.items()
        if (found := pattern.search(path.read_text()))
    ]
