"""mfa works in a project with its own account pages (docs/build-on-it.md)."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = (
    "-m", "pytest", "--quiet", "--config-file=/dev/null", f"--rootdir={ROOT}", "--noconftest",
    "-pno:cacheprovider", "-ppytest_django", "--ds=tests.second_project.settings",
    "tests/second_project/journey.py",
)  # fmt: skip


def test_people_of_second_project_log_in_with_code() -> None:
    # Settings are one per process, so the second project has its own process.
    clean = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    run = subprocess.run(
        [sys.executable, *RUN], cwd=ROOT, env=clean, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout
