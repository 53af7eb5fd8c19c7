"""Settings, .env.example and docs/settings.md name the same settings."""

import re
from pathlib import Path

from django.conf import settings

from portal import dotenv

ROOT = Path(settings.BASE_DIR)
# It names the file itself, so it cannot be in the file.
OUTSIDE = {"ENV_FILE"}


def read() -> set[str]:
    text = (ROOT / "portal/settings.py").read_text()
    return {*OUTSIDE, *re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', text)}


def example() -> dict[str, str]:
    """All lines, those that are switched off too, as the portal would read them."""
    path = ROOT / ".env.example"
    shown = re.sub(r"^#(?=[A-Z_]+=)", "", path.read_text(), flags=re.MULTILINE)
    return {name: entry.value for name, entry in dotenv.parse(shown, path).items()}


def table() -> set[str]:
    text = (ROOT / "docs/settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def test_settings_file_is_found() -> None:
    assert {"SECRET_KEY", "BASE_URL", "SMS_PROXY_URL", "DATABASE_URL"} <= read()


def test_example_has_every_setting() -> None:
    assert set(example()) == read() - OUTSIDE


def test_settings_guide_lists_every_setting() -> None:
    assert table() == read()


def test_example_contains_no_key() -> None:
    shown = example()
    assert {name: shown[name] for name in ("SECRET_KEY", "ENCRYPTION_KEYS") if shown[name]} == {}


def test_example_has_commented_out_proxy_block() -> None:
    """A31, A32: with instructions, and the contact."""
    text = (ROOT / ".env.example").read_text()
    block = re.search(r"((?:^#.*\n)+)#SMS_PROXY_URL=http://\S+", text, re.MULTILINE)
    assert block
    assert "restart" in block[1]
    assert "network administrator" in block[1]


def test_example_settings_have_debug_off() -> None:
    """LG-10: so that DEBUG is not on in production by accident."""
    assert example()["DEBUG"] == "off"
