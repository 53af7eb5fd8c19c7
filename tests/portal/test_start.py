"""What a process imports before its first request or task: no rarely needed libraries."""

import gc
import os
import runpy
import subprocess
import sys

import pytest
from django.conf import settings

# Each takes tens of milliseconds or megabytes, and is imported where it is used.
LATER = {
    "aiohttp",
    "babel",
    "celery.bin",
    "certifi",
    "phonenumbers.carrier",
    "phonenumbers.geocoder",
    "phonenumbers.timezone",
    "prometheus_client",
    "prompt_toolkit",
    "redis",
    "requests",
    "segno",
    "twilio",
    "urllib3",
}
STARTS = {
    "web": "import portal.wsgi",
    "worker": "import django; django.setup(); import portal.management.commands.worker",
    "beat": "import django; django.setup(); import portal.management.commands.beat",
}


def modules_after(statement: str) -> set[str]:
    """In a process of its own, with the settings of a production."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{statement}; import sys; print(*sys.modules)"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "ENV_FILE": "tests/check.env",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("start", STARTS)
def test_process_starts_without_libraries_loaded_later(start: str) -> None:
    assert modules_after(STARTS[start]) & LATER == set()


@pytest.mark.parametrize("hook", ["when_ready", "post_worker_init"])
def test_garbage_collection_skips_what_gunicorn_loaded(hook: str) -> None:
    """Otherwise each collection would write to memory that the workers share."""
    configuration = runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))
    configuration[hook](None)
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > 10_000
