"""A pytest plugin for `.ci/mutation`: few examples, the same each time, none made smaller."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    max_examples=30,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    # A slow machine is no reason to call a mutant killed.
    suppress_health_check=list(HealthCheck),
)
