"""S03: no regular expression on client input takes more than linear time."""

import re

import pytest

from benchmarks import hostile_inputs
from benchmarks.hostile_inputs import READERS


@pytest.mark.parametrize("reader", READERS)
def test_hostile_text_costs_linear_time(reader: str) -> None:
    row = hostile_inputs.worst(reader, READERS[reader])
    assert row.holds, row


def test_backtracking_pattern_is_detected() -> None:
    """The first pattern of the logs in an earlier form: a local part without a start or a limit."""
    careless = re.compile(r"[^\s@<>\"'=(,:/…]+@[\w.-]+\.[A-Za-z]{2,}")
    row = hostile_inputs.row_of("careless", lambda text: careless.sub("", text[::8]), "1")
    assert not row.holds
