"""The limits in the table of benchmarks/abuse.py (OT-03, OT-04, OT-05, PS-07)."""

from collections.abc import Iterator

import pytest

from benchmarks import abuse
from tests.processes.portal import Portal, demo
from tests.processes.services import database, postgresql, required

pytestmark = pytest.mark.processes


@pytest.fixture
def portal(tmp_path) -> Iterator[Portal]:
    with database(required(postgresql)) as url, demo(url, tmp_path) as portal:
        portal.start_web(workers=4)
        yield portal


def test_every_limit_in_the_table_is_kept(portal: Portal) -> None:
    rows = abuse.run(portal)
    assert [row for row in rows if not row.holds] == []
    assert len(rows) == 6
