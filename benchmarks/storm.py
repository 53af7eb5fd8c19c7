"""Many people log in at once while the SMS provider hangs and after it recovers.

`python -m benchmarks.storm` runs the portal as the operators' guide does (gunicorn with 2 processes
of 8 threads, a worker for texts, one for everything else, PostgreSQL, Redis) with the tests' Twilio
endpoint. Three crowds log in at once: before the provider hangs, while it hangs, and afterwards.
Each person keeps the code page open, which polls, and requests the code again after a while. This
sends some thousand requests within minutes, all to this machine.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from statistics import median, quantiles
from threading import Barrier, Lock

from benchmarks.machine import here
from tests.processes import people, portal as portals, services
from tests.processes.portal import PASSWORD, Company, code_in
from tests.processes.visitor import Answer, Visitor

HOME, LOGIN, VERIFY = "/", "/login/", "/login/verify/"
PAGES = (
    "GET login",
    "POST password",
    "GET code page",
    "GET status",
    "POST send again",
    "POST code",
    "GET home",
)
# No page may be slower than this multiple of its p99 without load.
SLOWER = 3
# The pauses between the code page's polls, in seconds. The last one repeats.
NEWS = (2, 3, 5, 10, 15, 30)
COUNTS = """
    SELECT count(*) FILTER (WHERE event = 'logged_in'), count(*) FILTER (WHERE event = 'code_right')
    FROM mfa_auditevent JOIN accounts_user ON user_id = accounts_user.id WHERE email = ANY(%s)
"""
UNFINISHED = "SELECT count(*) FROM mfa_delivery WHERE state IN ('queued', 'sending')"
# The portal's pause before another code can be requested, in seconds
PAUSE = 30
MAY_ASK = "UPDATE mfa_challenge SET resend_at = now() WHERE target = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many people, and for how many seconds the provider hangs.

    `again` is when a person requests the code again; below 30 s, the portal's pause is shortened.
    Meanwhile `mails` more people use email.
    """

    crowd: int = 100
    hang: float = 60
    again: float = 31
    patience: float = 180
    mails: int = 5


@dataclass
class Run:
    """One crowd: how it behaves, and the seconds that each page took.

    Patient people look at their phones only after all have requested the code again. So they load
    the same pages as in the storm, and as many people enter their codes at once.
    """

    company: Company
    plan: Plan
    patient: bool
    gate: Barrier
    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)
    mailed_after: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def note(self, page: str, answer: Answer) -> None:
        """Store the duration of a page."""
        with self.lock:
            self.seconds.setdefault(page, []).append(answer.seconds)
            self.statuses.add(answer.status)

    def looks(self) -> bool:
        """Whether people look at their phones now."""
        again = sum(times > 1 for times in list(self.asked.values()))
        return again == self.plan.crowd or not self.patient

    def joined(self, other: "Run") -> "Run":
        """Combine both."""
        for page, taken in other.seconds.items():
            self.seconds.setdefault(page, []).extend(taken)
        self.statuses |= other.statuses
        self.mailed_after += other.mailed_after
        return self

    def worst(self, page: str) -> float:
        """The 99th percentile in seconds."""
        taken = self.seconds.get(page, [])
        return quantiles(taken, n=100)[98] if len(taken) > 1 else sum(taken)


@dataclass(frozen=True, slots=True)
class Counts:
    """The results. All promised values are zero, except `people_in`, which is everyone."""

    people_in: int
    in_without_code: int
    texts: int
    people_without_text: int
    texts_without_request: int
    unfinished: int
    errors: int

    def joined(self, other: "Counts") -> "Counts":
        """Combine both."""
        names = Counts.__slots__
        return Counts(*(getattr(self, name) + getattr(other, name) for name in names))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=Plan().crowd)
    options.add_argument("--hang", type=float, default=Plan().hang, help="seconds")
    chosen = options.parse_args()
    plan = Plan(crowd=chosen.people, hang=chosen.hang)
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portals.company(database, services.broker(), Path(folder), LOG_LEVEL="WARNING") as company,
    ):
        company.start_web(workers=2)
        company.start_worker()
        print(f"{here(database)}; gunicorn 2 x 8 threads, workers 10 + 4 threads\n")
        _report(*run(company, plan))


def run(company: Company, plan: Plan) -> tuple[Run, Run, Counts, Counts]:
    """Let a crowd log in before the storm, one in the storm, and one after it.

    The crowds before and after count together, because the machine may get faster or slower.
    """
    everybody = people.enroll(company, "somebody", 3 * (plan.crowd + plan.mails))
    _warm_up(company)
    before, calm = _crowd(company, plan, everybody[::3], patient=True)
    company.endpoint.stall(plan.hang)
    storm, wild = _crowd(company, plan, everybody[1::3], patient=False)
    after, quiet = _crowd(company, plan, everybody[2::3], patient=True)
    return before.joined(after), storm, calm.joined(quiet), wild


def _warm_up(company: Company) -> None:
    """Load what each process loads at its first request."""
    with ThreadPoolExecutor(16) as threads:
        visits = [threads.submit(company.visitor().send, "GET", LOGIN) for _ in range(64)]
        assert {visit.result().status for visit in visits} == {200}


def _crowd(company: Company, plan: Plan, crowd: list[str], *, patient: bool) -> tuple[Run, Counts]:
    emails, by_mail = crowd[: plan.crowd], crowd[plan.crowd :]
    run = Run(company, plan, patient, Barrier(len(crowd)))
    with ThreadPoolExecutor(len(crowd)) as threads:
        visits = [threads.submit(_come, run, email) for email in emails]
        visits += [threads.submit(_come_by_mail, run, email) for email in by_mail]
        arrived = [visit.result() for visit in visits]
    return run, _count(run, emails, sum(arrived[: len(emails)]))


def _come(run: Run, email: str) -> bool:
    """Log in as a person. Return whether it ended at the home page."""
    visitor = Visitor(run.company.url, timeout=120)
    number = people.number_of(email)
    run.gate.wait()
    run.note("GET login", visitor.send("GET", LOGIN))
    fields = {"email": email, "password": PASSWORD}
    run.note("POST password", visitor.send("POST", LOGIN, fields))
    run.note("GET code page", visitor.send("GET", VERIFY))
    run.asked[email] = 1
    asked_at = time.monotonic()
    for moment in _waiting(run, visitor):
        texts = run.company.texts(number) if run.looks() else []
        if texts:
            # All other requested texts have the same code.
            run.note("POST code", visitor.send("POST", VERIFY, {"code": code_in(texts[-1])}))
            home = visitor.send("GET", HOME)
            run.note("GET home", home)
            return home.status == 200
        if moment >= asked_at + run.plan.again * run.asked[email]:
            _ask_again(run, visitor, email)
    return False


def _waiting(run: Run, visitor: Visitor) -> Iterator[float]:
    """Yield the time repeatedly, while the page's script polls."""
    ends = time.monotonic() + run.plan.patience
    pauses = chain(NEWS, repeat(NEWS[-1]))
    news_at = time.monotonic() + next(pauses)
    while (now := time.monotonic()) < ends:
        yield now
        if now >= news_at:
            run.note("GET status", visitor.send("GET", f"{VERIFY}status/"))
            news_at = now + next(pauses)
        time.sleep(0.2)


def _ask_again(run: Run, visitor: Visitor, email: str) -> None:
    if run.plan.again < PAUSE:
        run.company.query(MAY_ASK, people.number_of(email))
    answer = visitor.send("POST", f"{VERIFY}resend/")
    run.note("POST send again", answer)
    run.asked[email] += 1
    if answer.status == 302:
        run.note("GET code page", visitor.send("GET", VERIFY))


def _come_by_mail(run: Run, email: str) -> bool:
    """Use email instead, and measure how long it takes."""
    visitor = Visitor(run.company.url, timeout=120)
    run.gate.wait()
    visitor.send("GET", LOGIN)
    visitor.send("POST", LOGIN, {"email": email, "password": PASSWORD})
    visitor.send("GET", VERIFY)
    time.sleep(min(3, run.plan.hang / 3))
    visitor.send("POST", f"{VERIFY}email/")
    began = time.monotonic()
    while not any(mail["to"] == email for mail in list(run.company.mailbox.mails)):
        if time.monotonic() > began + run.plan.patience:
            return False
        time.sleep(0.05)
    run.mailed_after.append(time.monotonic() - began)
    return True


def _count(run: Run, emails: Sequence[str], arrived: int) -> Counts:
    company = run.company
    ends = time.monotonic() + 30
    while (unfinished := company.query(UNFINISHED)[0][0]) and time.monotonic() < ends:
        time.sleep(0.5)
    logins, right_codes = company.query(COUNTS, list(emails))[0]
    texts = {email: len(company.texts(people.number_of(email))) for email in emails}
    return Counts(
        people_in=arrived,
        in_without_code=max(0, logins - right_codes),
        texts=sum(texts.values()),
        people_without_text=list(texts.values()).count(0),
        texts_without_request=sum(max(0, texts[email] - run.asked[email]) for email in emails),
        unfinished=unfinished,
        errors=sum(status >= 500 for status in run.statuses),
    )


def _report(rest: Run, storm: Run, calm: Counts, wild: Counts) -> None:
    print(
        "| page | p50 at rest | p99 at rest | p50 in the outage | p99 in the outage "
        "| ratio of p99 |"
    )
    print("|---|---|---|---|---|---|")
    for page in PAGES:
        middles = [1000 * median(run.seconds.get(page, [0.0])) for run in (rest, storm)]
        worsts = [1000 * run.worst(page) for run in (rest, storm)]
        ratio = worsts[1] / worsts[0] if worsts[0] else 0.0
        verdict = f"{ratio:.2f}" if ratio <= SLOWER else f"**{ratio:.2f}**"
        print(
            f"| {page} | {middles[0]:.0f} ms | {worsts[0]:.0f} ms "
            f"| {middles[1]:.0f} ms | {worsts[1]:.0f} ms | {verdict} |"
        )
    print("\n| what | at rest | during the outage |\n|---|---|---|")
    for name in Counts.__slots__:
        print(f"| {name.replace('_', ' ')} | {getattr(calm, name)} | {getattr(wild, name)} |")
    mails = [max(run.mailed_after, default=-1) for run in (rest, storm)]
    print(f"| slowest code by email | {mails[0]:.1f} s | {mails[1]:.1f} s |")


if __name__ == "__main__":
    main()
