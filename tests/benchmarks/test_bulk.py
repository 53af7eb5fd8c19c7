"""A code leaves at once while invitations wait, and these leave at the set rate (inv7)."""

from collections.abc import Iterator

import pytest

from benchmarks import bulk
from tests.processes import queue as queues
from tests.processes.portal import Company, company
from tests.processes.services import database, postgresql, required

pytestmark = pytest.mark.processes

ENDED = "SELECT state, count(*) FROM mfa_delivery WHERE bulk AND state <> 'queued' GROUP BY state"


@pytest.fixture
def portal(tmp_path) -> Iterator[Company]:
    server, program = required(postgresql), required(queues.program)
    with (
        queues.queue(program, tmp_path) as queue,
        database(server) as url,
        company(url, queue.url, tmp_path, LOG_LEVEL="WARNING", BULK_MAIL_RATE="5") as portal,
    ):
        portal.start_web(workers=2)
        portal.start_worker()
        yield portal


def test_codes_overtake_waiting_invitations(portal: Company) -> None:
    found = bulk.measure(portal, invitations=3_000, logins=3)
    assert found.beside.slowest < 2
    assert {len(each) for each in found.beside.waited.values()} == {3}
    assert found.waiting > 2_000
    assert 1 < found.rate < 7
    assert {state for state, _ in portal.query(ENDED)} <= {"accepted", "sending"}
