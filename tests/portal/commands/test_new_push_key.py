"""`manage.py new_push_key` writes a new key to the settings file."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mfa.channels import webpush
from portal import dotenv, examination, newenv
from portal.examination import Health
from tests.phones import KEY, give_deaf_phone

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("line", ["VAPID_PRIVATE_KEY=old\n", "#VAPID_PRIVATE_KEY=\n", ""])
def test_new_key_is_written_and_rest_stays(settings, tmp_path: Path, line: str) -> None:
    settings.SETTINGS_FILE = file = tmp_path / "env"
    file.write_text(f"SECRET_KEY=mine\n{line}DEMO=on\n")
    call_command("new_push_key")
    entries = {name: entry.value for name, entry in dotenv.read(file).items()}
    assert webpush.is_key(entries.pop("VAPID_PRIVATE_KEY"))
    assert entries == {"SECRET_KEY": "mine", "DEMO": "on"}


def test_each_key_is_different(settings, tmp_path: Path) -> None:
    settings.SETTINGS_FILE = file = tmp_path / "env"
    file.write_text("")
    call_command("new_push_key")
    first = file.read_text()
    call_command("new_push_key")
    assert file.read_text() != first


def test_missing_file_is_explained(settings, tmp_path: Path) -> None:
    settings.SETTINGS_FILE = tmp_path / "missing"
    with pytest.raises(CommandError, match="cannot be changed"):
        call_command("new_push_key")


def test_phones_are_asked_last_and_doctor_counts_them(alice, settings, tmp_path: Path) -> None:
    """push4: the next visit subscribes each phone with the new key."""
    settings.VAPID_PRIVATE_KEY = KEY
    device = give_deaf_phone(alice)
    words = [line.words for line in examination._phones()]
    assert words == ["all phones get requests"]
    settings.SETTINGS_FILE = tmp_path / "env"
    settings.SETTINGS_FILE.write_text("")
    call_command("new_push_key")
    device.factor.refresh_from_db()
    assert device.factor.refuses
    settings.VAPID_PRIVATE_KEY = newenv.new_push_key()
    (line,) = examination._phones()
    assert (line.health, line.words.split()[0]) == (Health.WEAK, "1")


def test_doctor_says_nothing_of_phones_without_key() -> None:
    assert list(examination._phones()) == []


def test_key_is_only_printed_for_settings_elsewhere(settings, tmp_path: Path, capsys) -> None:
    """In a container, no file there has them."""
    settings.SETTINGS_FILE = tmp_path / "missing"
    call_command("new_push_key", "--print")
    name, _, key = capsys.readouterr().out.strip().partition("=")
    assert name == "VAPID_PRIVATE_KEY"
    assert webpush.is_key(key)
