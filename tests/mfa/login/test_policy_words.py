"""The sentences about a policy."""

import pytest
from django.utils import translation

from mfa.login.policy_words import grouped


@pytest.mark.parametrize(
    ("language", "number", "expected"),
    [("en", 999, "999"), ("en", 99_800, "99,800"), ("de", 99_800, "99.800")],
)
def test_digits_are_grouped_as_in_the_language(language: str, number: int, expected: str) -> None:
    with translation.override(language):
        assert grouped(number) == expected
