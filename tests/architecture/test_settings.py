"""Every knob in settings.py stands in .env.example and in the README's table, and no other."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from portal import dotenv

ROOT = Path(settings.BASE_DIR)
# It names the file itself, so the file cannot hold it.
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
    text = (ROOT / "README.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def test_the_settings_are_found() -> None:
    assert {"SECRET_KEY", "BASE_URL", "SMS_PROXY_URL", "DATABASE_URL"} <= read()


def test_the_example_has_every_setting() -> None:
    assert set(example()) == read() - OUTSIDE


def test_the_readme_has_every_setting_in_its_table() -> None:
    assert table() == read()


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_the_example_holds_no_key(name: str) -> None:
    assert example()[name] == ""


def test_the_proxy_is_a_block_to_uncomment() -> None:
    """A31, A32: with the words that say what to do and whom to ask."""
    text = (ROOT / ".env.example").read_text()
    block = re.search(r"((?:^#.*\n)+)#SMS_PROXY_URL=http://\S+", text, re.MULTILINE)
    assert block
    assert "restart" in block[1]
    assert "network administrator" in block[1]


def test_the_example_is_off_where_it_matters() -> None:
    """LG-10: nobody debugs in production by accident."""
    assert example()["DEBUG"] == "off"
