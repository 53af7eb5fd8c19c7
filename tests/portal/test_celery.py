"""Workers run the system checks and log like web servers."""

import logging

import pytest

from portal.celery import app, refuse_to_start_unchecked


def test_worker_starts_with_safe_settings() -> None:
    assert refuse_to_start_unchecked() is None


def test_worker_does_not_start_with_unsafe_one(settings) -> None:
    """LG-10."""
    settings.TRUSTED_PROXIES = ["no network"]
    with pytest.raises(SystemExit, match=r"mfa\.E003"):
        refuse_to_start_unchecked()


def test_worker_logs_as_configured() -> None:
    """LO-01: Celery would raise the root logger to WARNING, and deliveries would leave no line."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    app.log.setup_logging_subsystem(loglevel="CRITICAL")
    assert (root.level, list(root.handlers)) == before


def test_all_tasks_of_the_beat_exist() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    app.loader.import_default_modules()
    assert scheduled
    assert scheduled <= set(app.tasks)
