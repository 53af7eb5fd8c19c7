"""A small run of the preview of a changed policy."""

import subprocess

import pytest

from tests.processes.process import ROOT, python
from tests.processes.services import postgresql, required


@pytest.mark.processes
def test_previews_of_small_portal_take_few_statements() -> None:
    """In its own process, because the benchmark uses a database of its own."""
    required(postgresql)
    done = subprocess.run(
        python("benchmarks.impact", "--small"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines() if line.startswith("| site")]
    assert [int(row[3]) < 40 for row in rows] == [True] * 5
    # However many people must set it up again, turning it off and on writes one row each time.
    assert [int(row[4]) for row in rows] == [0, 0, 0, 0, 2]
    assert int(rows[4][5].replace(",", "")) > 900
