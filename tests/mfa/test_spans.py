"""Spans of time in words."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from mfa import spans
from mfa.templatetags.mfa_words import ago
from tests.pseudo import ACCENTED, speaking

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (59, "less than a minute"), (61, "1 minute"), (7200, "2 hours")],
)
def test_span_below_a_minute_has_words_of_its_own(seconds: int, words: str) -> None:
    now, span = timezone.now(), timedelta(seconds=seconds)
    said = spans.since(now - span), spans.left(now + span)
    assert [part.replace("\xa0", " ") for part in said] == [words, words]


def test_short_span_has_no_zero_in_another_language(settings: Settings) -> None:
    with speaking(settings, ACCENTED):
        said = str(ago(timezone.now())), spans.left(timezone.now())
    assert [part for part in said if "0 m" in part] == []
    assert "jüst ñöw" in said[0]
