"""What a login may cost: fewer statements than the best peers need for less."""

import sys
from types import FrameType

from django.http import HttpResponse

from accounts.models import User
from mfa.models import AccountPolicy
from tests.journeys.statements import CountingBrowser, Statements
from tests.portal_client import PASSWORD, code

# Four of the writes reserve the attempt at the password before its hash, and give it back (S14).
MOST_READS, MOST_WRITES, MOST_SESSION_WRITES = 20, 16, 4
# The best peers need 2.6 to 3.2 times their plain login, without an audit and without deliveries.
MOST_CALLS = 2.6


def log_in(browser: CountingBrowser, user: User) -> None:
    """The five requests of one login by texted code."""
    number = user.factors.get().target
    browser.get("/login/")
    browser.password(user, PASSWORD)
    browser.get("/login/verify/")
    browser.post("/login/verify/", {"code": code(number)})
    assert browser.get("/").status_code == 200


def log_in_by_password(browser: CountingBrowser, user: User) -> None:
    """The three requests of a login with MFA off."""
    browser.get("/login/")
    browser.password(user, PASSWORD)
    assert browser.get("/").status_code == 200


def table(log: list[Statements]) -> str:
    rows = (f"{seen.request}: {len(seen.reads)} reads, {len(seen.writes)} writes" for seen in log)
    return "\n".join(rows)


def assert_within_budget(browser: CountingBrowser) -> None:
    reads = [sql for seen in browser.log for sql in seen.reads]
    writes = [sql for seen in browser.log for sql in seen.writes]
    assert len(reads) <= MOST_READS, table(browser.log)
    assert len(writes) <= MOST_WRITES, table(browser.log)
    assert len([sql for sql in writes if "mfa_session" in sql]) <= MOST_SESSION_WRITES


def test_a_login_stays_within_its_budget_of_reads_and_writes(db: None, alice: User) -> None:
    """The second one too, which comes from a new browser and is told by mail."""
    first, second = CountingBrowser(), CountingBrowser()
    for browser in (first, second):
        log_in(browser, alice)
        assert_within_budget(browser)


def test_no_page_of_a_login_writes_when_it_is_looked_at(db: None, alice: User) -> None:
    browser = CountingBrowser()
    log_in(browser, alice)
    assert [seen.writes for seen in browser.log if seen.request.startswith("GET")] == [[], [], []]


class CallCounter(CountingBrowser):
    """Counts the calls of Python functions in its requests."""

    calls = 0

    def serve(self, **request: object) -> HttpResponse:
        def note(_frame: FrameType, event: str, _argument: object) -> None:
            self.calls += event == "call"

        sys.setprofile(note)
        try:
            return super().serve(**request)
        finally:
            sys.setprofile(None)


def test_a_second_step_costs_no_more_calls_than_the_best_peers_need(
    alice: User, policy: AccountPolicy
) -> None:
    """Beyond the hash, which is trivial here; the first login of each kind warms up."""
    second, plain = CallCounter(), CallCounter()
    log_in(CountingBrowser(), alice)
    log_in(second, alice)
    AccountPolicy.objects.update(enabled=False)
    log_in_by_password(CountingBrowser(), alice)
    log_in_by_password(plain, alice)
    assert second.calls <= MOST_CALLS * plain.calls
