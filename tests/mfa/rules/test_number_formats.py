"""Phone numbers as people write them."""

import pytest

from mfa.rules import number_formats


def test_international_format_has_spaces():
    assert number_formats.international("+447546123456") == "+44 7546 123456"


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("GB", ("07400 123456", "+44 7400 123456")),
        ("US", ("(201) 555-0123", "+1 201-555-0123")),
        ("FR", ("06 12 34 56 78", "+33 6 12 34 56 78")),
        ("", None),
    ],
)
def test_example_is_written_as_in_its_country(region, expected):
    assert number_formats.examples(region) == expected
