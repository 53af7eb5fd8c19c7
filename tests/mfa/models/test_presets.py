"""What presets put into a policy."""

import pytest

from mfa.models import SitePolicy
from mfa.models.presets import PRESETS
from mfa.rules.methods import DEFAULT, RESISTANT
from tests.mfa.commands.test_policy import policy_command
from tests.organizations import settings


@pytest.mark.parametrize("name", PRESETS)
def test_preset_offers_a_method_that_resists_phishing_and_sets_no_date(name: str) -> None:
    """WA-01. Only an administrator knows from when people can be ready (PS-09)."""
    values = PRESETS[name]
    assert not set(RESISTANT).isdisjoint(values.get("methods") or DEFAULT)
    assert not {"passkeys_from", "staff_passkeys_from"} & set(values)


def test_partner_preset_allows_any_one_method_again(policy: SitePolicy) -> None:
    """E07, E08."""
    settings(policy, methods=["phone"])
    policy_command("apply", "--preset", "partner")
    assert SitePolicy.load().methods == []
