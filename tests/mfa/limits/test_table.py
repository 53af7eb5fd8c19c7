"""The numbers in the table of limits."""

from datetime import timedelta

import pytest

from mfa.limits import table as limits
from mfa.limits.base import Limit

# The figures of docs/security.md, repeated here on purpose.
FIGURES = [
    ("code", 5, timedelta(minutes=15)),
    ("code", 10, timedelta(hours=1)),
    ("code", 30, timedelta(days=1)),
    ("code-stranger", 3, timedelta(minutes=15)),
    ("code-stranger", 6, timedelta(hours=1)),
    ("code-stranger", 20, timedelta(days=1)),
    ("unproven", 5, timedelta(hours=1)),
    ("unproven", 10, timedelta(days=1)),
    ("numbers", 3, timedelta(days=1)),
    ("unproven-address", 25, timedelta(minutes=5)),
    ("unproven-block", 50, timedelta(days=1)),
    ("block-unconfirmed", 5, timedelta(hours=1)),
    ("range-unconfirmed", 10, timedelta(hours=1)),
    ("new-country", 100, timedelta(days=1)),
    ("new-texts", 500, timedelta(days=1)),
    ("known-texts", 5000, timedelta(days=1)),
    ("password-address", 50, timedelta(minutes=15)),
    ("password-at-once", 10, timedelta(minutes=1)),
    ("new-password", 20, timedelta(hours=1)),
    ("recovery-codes", 5, timedelta(hours=1)),
    ("recovery-code-tries", 20, timedelta(hours=1)),
    ("reset", 2, timedelta(minutes=30)),
    ("password-mail", 10, timedelta(days=1)),
    ("password-mail-stranger", 6, timedelta(days=1)),
    ("reset-stranger", 5, timedelta(days=1)),
    ("reset-address", 20, timedelta(hours=1)),
    ("new-email", 5, timedelta(days=1)),
    ("new-email-mailbox", 5, timedelta(days=1)),
    ("link", 5, timedelta(hours=1)),
    ("report", 10, timedelta(days=1)),
    ("data", 3, timedelta(hours=1)),
    ("rescue", 10, timedelta(days=1)),
    ("pass-mails", 5, timedelta(hours=1)),
    ("recoveries", 3, timedelta(days=7)),
    ("people-opened", 120, timedelta(hours=1)),
    ("page-of-person", 1, timedelta(hours=1)),
    ("test", 10, timedelta(hours=1)),
    ("notice-texts", 3, timedelta(days=1)),
    ("number-search", 60, timedelta(hours=1)),
    ("invitation-manager", 200, timedelta(days=1)),
    ("invitation-organization", 500, timedelta(days=1)),
    ("invitation-address", 5, timedelta(days=1)),
    ("registration-network", 5, timedelta(hours=1)),
    ("registration-mail", 3, timedelta(hours=1)),
    ("registration-mail", 10, timedelta(days=1)),
    ("registration-site", 2000, timedelta(days=1)),
    ("site-wrong-passwords", 300, timedelta(hours=1)),
    ("site-wrong-codes", 100, timedelta(hours=1)),
    ("signed-challenge", 600, timedelta(minutes=5)),
    ("signed-refusal", 50, timedelta(minutes=15)),
    ("copied-key", 1, timedelta(days=1)),
    ("push", 3, timedelta(minutes=15)),
    ("push-setup", 10, timedelta(hours=1)),
    ("late-records", 20, timedelta(hours=1)),
]


def test_limits_have_documented_numbers() -> None:
    assert [(limit.name, limit.most, limit.per) for limit in limits.TABLE] == FIGURES


def test_table_holds_every_limit_of_its_module() -> None:
    named = {limit for limit in vars(limits).values() if isinstance(limit, Limit)}
    assert named <= set(limits.TABLE)


@pytest.mark.parametrize("limit", limits.TABLE, ids=lambda it: f"{it.name}-{it.most}")
def test_each_limit_says_what_it_counts_and_why(limit: Limit) -> None:
    assert str(limit.what)
    assert str(limit.why).endswith(".")
