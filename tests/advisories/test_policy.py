"""Every number of the policy has a maximum (X23, Capgo CVE-2026-56228).

There an administrator of an organization set a minimum that nobody could meet.
"""

from datetime import timedelta

import pytest
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import IntegerField

from accounts.models import User
from mfa.models import SitePolicy
from mfa.rules.policy import BOUNDS
from tests.portal_client import Browser

POLICY = "/admin/mfa/accountpolicy/1/change/"
NUMBERS = {
    field.name: field
    for field in SitePolicy._meta.concrete_fields
    if isinstance(field, IntegerField) and field.editable and not field.primary_key
}
ABSURD = 32_767


def bounds(name: str) -> tuple[int, int]:
    validators = NUMBERS[name].validators
    least = [each.limit_value for each in validators if isinstance(each, MinValueValidator)]
    most = [each.limit_value for each in validators if isinstance(each, MaxValueValidator)]
    # The column type has its own bounds, which are wider.
    return max(least), min(most)


def test_policy_has_seven_numeric_fields() -> None:
    assert set(NUMBERS) == {
        "code_life_minutes",
        "most_skips",
        "recovery_hours",
        "session_hours",
        "session_idle_minutes",
        "texts_a_day",
        "trust_browser_days",
    }


@pytest.mark.parametrize("name", NUMBERS)
def test_form_refuses_numbers_outside_bounds(office: Browser, name: str) -> None:
    """X23: in the form, beside the row's values."""
    least, most = bounds(name)
    assert (least, most) < (60, 100_000)
    before = SitePolicy.objects.values().get()
    for wrong in (least - 1, most + 1, 10**9, -1):
        page = office.post(POLICY, {"enabled": "on", name: str(wrong)})
        assert page.status_code == 200
        assert page.context["adminform"].form.errors[name]
    assert SitePolicy.objects.values().get() == before


def test_row_outside_bounds_is_clamped(alice: User) -> None:
    """X23: a row written without the form, in a shell or by a bug."""
    SitePolicy.objects.update(
        code_life_minutes=ABSURD,
        session_hours=ABSURD,
        session_idle_minutes=ABSURD,
        trust_browser_days=ABSURD,
        recovery_hours=ABSURD,
        texts_a_day=10**9,
    )
    policy = User.objects.get(pk=alice.pk).mfa_policy
    assert {name: getattr(policy, name) for name in BOUNDS} == {
        name: most for name, (_least, most) in BOUNDS.items()
    }
    assert SitePolicy.load().budget == bounds("texts_a_day")[1]
    browser = Browser()
    browser.log_in(alice)
    assert browser.session["mfa_about"]["life"] == timedelta(hours=24).total_seconds()
