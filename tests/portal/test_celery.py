"""Workers refuse to start unchecked, as web servers do."""

import pytest

from portal.celery import refuse_to_start_unchecked


def test_a_worker_starts_with_safe_settings() -> None:
    assert refuse_to_start_unchecked() is None


def test_a_worker_does_not_start_with_an_unsafe_one(settings) -> None:
    """LG-10."""
    settings.TRUSTED_PROXIES = ["no network"]
    with pytest.raises(SystemExit, match=r"mfa\.E003"):
        refuse_to_start_unchecked()
