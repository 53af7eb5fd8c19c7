"""What an attacker gets by clicking faster than a person can.

`python -m benchmarks.abuse` starts the demo under four gunicorn processes on its own PostgreSQL
database, tries each attack in the table over HTTP, and prints the results. It sends some hundred
requests, all to this machine.
"""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Barrier

from benchmarks.machine import here
from tests.processes import people, portal as portals, services
from tests.processes.portal import PASSWORD, Portal
from tests.processes.visitor import Answer, Visitor

VERIFY, RESEND = "/login/verify/", "/login/verify/resend/"
BROWSERS, GUESSES, ASKS = 8, 24, 40
ASKS_EACH = ASKS // BROWSERS
# The limits of docs/security.md: attempts per code, texts to a number in 15 minutes
TRIES = TEXTS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `seen` must be `least` to `most`."""

    what: str
    counted: str
    least: int
    most: int
    seen: int

    @property
    def holds(self) -> bool:
        """Whether the result is within the expected range."""
        return self.least <= self.seen <= self.most


def main() -> None:
    """Measure and print."""
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portals.demo(database, Path(folder)) as portal,
    ):
        portal.start_web(workers=4)
        print(f"{here(database)}; gunicorn with 4 processes of 8 threads\n")
        print("| attack | counted | expected | seen | |\n|---|---|---|---|---|")
        for row in run(portal):
            bounds = str(row.most) if row.least == row.most else f"{row.least} to {row.most}"
            verdict = "holds" if row.holds else "**BROKEN**"
            print(f"| {row.what} | {row.counted} | {bounds} | {row.seen} | {verdict} |")


def run(portal: Portal) -> list[Row]:
    """Run all cases, each with its own person."""
    first, second, third, fourth, fifth = people.enroll(portal, "victim", 5)
    return [
        _in_turn(portal, first),
        _at_once(portal, second),
        _copied(portal, third),
        *_guessed(portal, fourth),
        _asked(portal, fifth),
    ]


def _in_turn(portal: Portal, email: str) -> Row:
    browsers = _at_the_code(portal, email)
    code = portal.code(people.number_of(email))
    answers = [browser.send("POST", VERIFY, {"code": code}) for browser in browsers]
    return Row(f"one code in {BROWSERS} browsers in turn", "let in", 1, 1, _let_in(answers))


def _at_once(portal: Portal, email: str) -> Row:
    browsers = _at_the_code(portal, email)
    code = portal.code(people.number_of(email))
    posts = [partial(browser.send, "POST", VERIFY, {"code": code}) for browser in browsers]
    return Row(f"one code in {BROWSERS} browsers at once", "let in", 1, 1, _let_in(_burst(posts)))


def _copied(portal: Portal, email: str) -> Row:
    """Copies of the browser that asked, as with a stolen cookie."""
    browser = _with_password(portal, email)
    code = portal.code(people.number_of(email))
    posts = [partial(browser.send, "POST", VERIFY, {"code": code})] * BROWSERS
    _burst(posts)
    what = f"one code in {BROWSERS} copies of its browser at once"
    return Row(what, "logins", 1, 1, portal.events("logged_in", email))


def _guessed(portal: Portal, email: str) -> list[Row]:
    browser = _with_password(portal, email)
    right = int(portal.code(people.number_of(email)))
    codes = [f"{(right + step) % 1_000_000:06}" for step in range(GUESSES)]
    # In the middle, because the first and the last of a burst are not served.
    codes.insert(GUESSES // 2, codes.pop(0))
    _burst([partial(browser.send, "POST", VERIFY, {"code": code}) for code in codes])
    judged = portal.events("code_wrong", email) + portal.events("code_right", email)
    what = f"{GUESSES} guesses at once, the right one among them"
    return [
        # Fewer if the right one was among the first, because it closes the code.
        Row(what, "judged", 1, TRIES, judged),
        Row(what, "logins", 0, 1, portal.events("logged_in", email)),
    ]


def _asked(portal: Portal, email: str) -> Row:
    """Each browser logs in and clicks on "send again", all at once."""

    def ask() -> None:
        browser = _with_password(portal, email)
        for _ in range(ASKS_EACH - 1):
            browser.send("POST", RESEND)

    _burst([ask] * BROWSERS)
    statement = "SELECT count(*) FROM mfa_outboxmessage WHERE target = %s"
    texts = portal.query(statement, people.number_of(email))[0][0]
    return Row(f"{ASKS} requests for a code within a minute", "texts", 1, TEXTS, texts)


def _at_the_code(portal: Portal, email: str) -> list[Visitor]:
    """Log in by password in all browsers. Because of the limit, some get no code."""
    return [_with_password(portal, email) for _ in range(BROWSERS)]


def _with_password(portal: Portal, email: str) -> Visitor:
    browser = portal.visitor()
    browser.password(email, PASSWORD)
    return browser


def _let_in(answers: Sequence[Answer]) -> int:
    return sum(answer.status == 302 and answer.location == "/" for answer in answers)


def _burst(work: Sequence[Callable[[], Answer | None]]) -> list[Answer]:
    """Run everything at once."""
    gate = Barrier(len(work))

    def run_one(one: Callable[[], Answer | None]) -> Answer | None:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as threads:
        return [answer for answer in threads.map(run_one, work) if answer]


if __name__ == "__main__":
    main()
