"""PostgreSQL restarted under load: the portal recovers on its own, and nothing counts twice."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.processes.visitor import soon
from tests.robustness.site import Person, Site

pytestmark = pytest.mark.processes

VERIFY = "/login/verify/"
TWICE = """
    SELECT challenge_id, attempt FROM mfa_delivery WHERE challenge_id IS NOT NULL
    GROUP BY 1, 2 HAVING count(*) > 1
"""
JUDGED = "SELECT count(*) FROM mfa_auditevent WHERE event = 'code_wrong' AND user_id = %s"


def click_on(person: Person, over: threading.Event, seen: set[int]) -> None:
    """Read the code page and enter a wrong code, repeatedly. Add all statuses to `seen`."""
    while not over.is_set():
        seen.add(person.send("GET", VERIFY).status)
        seen.add(person.send("POST", VERIFY, {"code": "wrong!"}).status)
        seen.add(person.send("POST", VERIFY, {"code": "000000"}).status)
        over.wait(0.05)


@contextmanager
def load(people: list[Person]) -> Iterator[set[int]]:
    """Let people click meanwhile. Yield the statuses that they see."""
    over, seen = threading.Event(), set()
    with ThreadPoolExecutor(len(people)) as threads:
        clicks = [threads.submit(click_on, person, over, seen) for person in people]
        try:
            yield seen
        finally:
            over.set()
    for click in clicks:
        click.result()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_portal_recovers_from_database_restart_automatically(site: Site, mode: str) -> None:
    """`fast` is an update of the database, `immediate` a crash with recovery."""
    halfway, signed_in, *crowd = [site.person() for _ in range(5)]
    for person in (halfway, signed_in, *crowd):
        assert person.log_in() == VERIFY
    code = halfway.next_code()
    signed_in.type(signed_in.next_code())
    with load(crowd) as seen:
        soon(lambda: seen)
        site.cluster.stop(mode)
        # Requests wait during a short outage, so nobody sees it.
        soon(lambda: 503 in seen, within=20)
        site.cluster.start()
        threading.Event().wait(0.5)
    assert seen == {200, 503}

    signed_in.get("/me/")
    assert signed_in.status == 200
    assert halfway.type(code) == "/"
    for person in crowd:
        ((tries_left, user),) = person.challenges("tries_left, user_id")
        assert site.portal.query(JUDGED, user) == [(5 - tries_left,)]
    late = site.person()
    late.log_in()
    assert late.type(late.next_code()) == "/"
    assert site.portal.query(TWICE) == []
