"""A part of the security trial, against the portal as in production."""

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks import trial
from tests.processes import queue as queues
from tests.processes.process import ROOT, python
from tests.processes.services import postgresql, required

QUICK = ["S02", "S03", "S13", "S23"]


@pytest.mark.processes
def test_attacks_are_refused(tmp_path: Path) -> None:
    """In its own process, because the trial uses the portal's database through its models."""
    required(postgresql)
    with queues.queue(required(queues.program), tmp_path) as queue:
        done = subprocess.run(
            python("benchmarks.trial", *QUICK),
            cwd=ROOT,
            env={**os.environ, "TEST_REDIS_URL": queue.url},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("| refused |") == len(QUICK)


def test_all_cases_have_steps() -> None:
    assert sorted(trial.CASES) == [f"S{number:02}" for number in range(1, 24)]
