"""What a login may cost: fewer statements than the best peers need for less."""

from accounts.models import User
from tests.journeys.statements import CountingBrowser, Statements
from tests.portal_client import PASSWORD, code

MOST_READS, MOST_WRITES, MOST_SESSION_WRITES = 20, 12, 4


def log_in(browser: CountingBrowser, user: User) -> None:
    """The five requests of one login by texted code."""
    number = user.factors.get().target
    browser.get("/login/")
    browser.password(user, PASSWORD)
    browser.get("/login/verify/")
    browser.post("/login/verify/", {"code": code(number)})
    assert browser.get("/").status_code == 200


def table(log: list[Statements]) -> str:
    rows = (f"{seen.request}: {len(seen.reads)} reads, {len(seen.writes)} writes" for seen in log)
    return "\n".join(rows)


def test_a_login_stays_within_its_budget_of_reads_and_writes(db: None, alice: User) -> None:
    browser = CountingBrowser()
    log_in(browser, alice)
    reads = [sql for seen in browser.log for sql in seen.reads]
    writes = [sql for seen in browser.log for sql in seen.writes]
    assert len(reads) <= MOST_READS, table(browser.log)
    assert len(writes) <= MOST_WRITES, table(browser.log)
    assert len([sql for sql in writes if "mfa_session" in sql]) <= MOST_SESSION_WRITES


def test_no_page_of_a_login_writes_when_it_is_looked_at(db: None, alice: User) -> None:
    browser = CountingBrowser()
    log_in(browser, alice)
    assert [seen.writes for seen in browser.log if seen.request.startswith("GET")] == [[], [], []]
