"""A small run over the lists of the admin and support's pages."""

import re
import subprocess

import pytest

from tests.processes.process import ROOT, python
from tests.processes.services import postgresql, required

ROW = re.compile(r"^\| (\S+).* \| \**[0-9]+ ms\** \| ([0-9]+) \| (.+) \|$", re.MULTILINE)


@pytest.mark.processes
def test_every_list_and_page_of_a_person_answers() -> None:
    """In its own process, because the benchmark uses a database of its own."""
    required(postgresql)
    done = subprocess.run(
        python("benchmarks.lists", "--small"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = ROW.findall(done.stdout)
    asked = {address for address, _queries, _plan in rows}
    assert {"user", "factor", "challenge", "delivery", "auditevent"} <= asked
    assert "/support/people/77/" in asked
    # However many rows a page lists, its queries stay few.
    assert [row for row in rows if int(row[1]) > 30] == []
