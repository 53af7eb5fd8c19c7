"""The first run writes .env with new keys, and never overwrites one."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from mfa.channels import webpush
from portal import dotenv, newenv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that was never run."""
    example = Path(settings.BASE_DIR, ".env.example").read_text()
    (tmp_path / ".env.example").write_text(example)
    monkeypatch.setattr(newenv, "ROOT", tmp_path)
    return tmp_path


def written(folder: Path, name: str = ".env") -> dict[str, str]:
    return {name: entry.value for name, entry in dotenv.read(folder / name).items()}


def test_new_keys_are_random_and_valid(folder: Path) -> None:
    newenv.main()
    keys = written(folder)
    assert len(keys["SECRET_KEY"]) >= 50
    Fernet(keys["ENCRYPTION_KEYS"])
    assert webpush.is_key(keys["VAPID_PRIVATE_KEY"])


def test_each_run_creates_different_keys(folder: Path) -> None:
    newenv.main()
    first = written(folder)
    (folder / ".env").unlink()
    newenv.main()
    assert written(folder)["SECRET_KEY"] != first["SECRET_KEY"]


def test_only_owner_can_read_settings_file(folder: Path) -> None:
    newenv.main()
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def test_existing_file_is_not_overwritten(folder: Path) -> None:
    (folder / ".env").write_text("SECRET_KEY=mine\n")
    newenv.main()
    assert (folder / ".env").read_text() == "SECRET_KEY=mine\n"


def test_new_settings_file_contains_proxy_block(folder: Path) -> None:
    """A31: the shipped configuration file contains it."""
    newenv.main()
    assert "#SMS_PROXY_URL=" in (folder / ".env").read_text()


def test_newenv_with_path_writes_production_settings(folder: Path) -> None:
    """LG-10: no demo, no test numbers, no address of one's own machine."""
    newenv.main(str(folder / "env"))
    settings_ = written(folder, "env")
    assert (settings_["DEBUG"], settings_["DEMO"]) == ("off", "off")
    assert settings_["BASE_URL"].startswith("https://")
    assert "SMS_TEST_NUMBERS" not in settings_
    values = [settings_[name] for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "METRICS_TOKEN")]
    assert len({value for value in values if len(value) >= 43}) == 3
    assert stat.S_IMODE((folder / "env").stat().st_mode) == 0o600
    assert not (folder / ".env").exists()


def test_newenv_refuses_unknown_options(tmp_path: Path) -> None:
    """A mistyped option would otherwise become the name of a file with keys."""
    command = [sys.executable, "-m", "portal.newenv", "--force"]
    env = {**os.environ, "PYTHONPATH": str(settings.BASE_DIR)}
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)
    assert run.returncode == 2
    assert not list(tmp_path.iterdir())
