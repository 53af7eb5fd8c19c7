"""A pytest plugin for `.ci/mutation`: few, fixed examples without shrinking."""

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    max_examples=30,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    # A slow machine must not count as a killed mutant.
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _nothing_is_folded_yet() -> None:
    """A mutant must not return cached results of the real code."""
    from mfa.rules.fold import _folded

    _folded.cache_clear()
