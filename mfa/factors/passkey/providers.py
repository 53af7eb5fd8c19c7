"""Providers: the names of the apps and security keys that make passkeys, by their AAGUID."""

import json
from functools import cache
from pathlib import Path

PROVIDERS = Path(__file__).with_name("providers.json")


def provider_of(number: str) -> str:
    """Return the name of an AAGUID's app or security key, or ""."""
    return _providers().get(number, "")


@cache
def _providers() -> dict[str, str]:
    names: dict[str, str] = json.loads(PROVIDERS.read_text())["names"]
    return names
