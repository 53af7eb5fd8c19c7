"""A small load test: nobody is lost, let in without a code, or texted unasked (OT-12)."""

from collections.abc import Iterator

import pytest

from benchmarks import storm
from tests.processes import queue as queues
from tests.processes.portal import Company, company
from tests.processes.services import database, postgresql, required

pytestmark = pytest.mark.processes

LEFT = """
    SELECT id, channel, target, message, state, reason, code, attempt, created_at, claimed_at, now()
    FROM mfa_delivery WHERE state IN ('queued', 'sending')
"""
SMALL = storm.Plan(crowd=8, hang=6, again=3, patience=90, mails=2)


@pytest.fixture
def portal(tmp_path) -> Iterator[Company]:
    server, program = required(postgresql), required(queues.program)
    # The portal of the production tests may still run, and would take this test's tasks.
    with (
        queues.queue(program, tmp_path) as queue,
        database(server) as url,
        company(url, queue.url, tmp_path, LOG_LEVEL="WARNING") as portal,
    ):
        portal.start_web(workers=2)
        portal.start_worker()
        yield portal


def test_hanging_provider_does_not_prevent_logins(portal: Company) -> None:
    rest, wild, at_rest, in_the_storm = storm.run(portal, SMALL)
    assert portal.query(LEFT) == []
    assert at_rest.people_in == 2 * SMALL.crowd
    assert in_the_storm.people_in == SMALL.crowd
    for seen in (at_rest, in_the_storm):
        assert seen.in_without_code == seen.people_without_text == 0
        assert seen.texts_without_request == seen.unfinished == seen.errors == 0
    assert len(rest.mailed_after) == 2 * SMALL.mails
    assert len(wild.mailed_after) == SMALL.mails
    assert set(wild.seconds) == set(storm.PAGES)
