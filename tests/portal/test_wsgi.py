"""Web servers run the system checks at start."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

UNSAFE = {
    "DEMO": "on",
    "DEBUG": "off",
    "BASE_URL": "https://portal.example.org",
    "SECRET_KEY": "tests only, as long and as dull as it has to be to please the checks",
    "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
    "ENV_FILE": os.devnull,
    "DATABASE_URL": "sqlite://:memory:",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
}


def start(module: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **UNSAFE, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_web_server_does_not_start_with_unsafe_setting() -> None:
    """LG-10: gunicorn runs no checks of its own."""
    started = start("portal.wsgi")
    assert started.returncode != 0
    assert "mfa.E002" in started.stderr


def test_wsgi_application_responds() -> None:
    from portal.wsgi import application

    assert callable(application)


def test_portal_starts_with_safe_settings() -> None:
    assert start("portal.wsgi", BASE_URL="http://127.0.0.1:8000").returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_portal_does_not_start_without_keys(name: str) -> None:
    assert start("portal.wsgi", **{name: ""}).returncode != 0
