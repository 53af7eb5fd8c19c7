"""What periodic tasks cost while millions of rows wait for them.

`python -m benchmarks.catch_up` fills its own PostgreSQL database with old events and messages, as
after an import or a long outage. It processes them step by step, as the worker does: first 20,000
rows, then 2,000,000. A step must not take longer because more rows wait. Then a real worker
processes as many again while emails are queued, one each second.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import django
import psycopg

from benchmarks.machine import here
from tests.processes import people, portal, services
from tests.processes.portal import Company
from tests.processes.visitor import soon

FEW, MANY, MAILS = 20_000, 2_000_000, 20
# The number of timed steps of a single batch, to compare their medians
BATCHES = 5
# Enough rows to keep a worker busy while the emails are sent
BESIDE = 400_000
# Every second login is unusual.
EVENTS = """
    INSERT INTO mfa_auditevent (at, event, user_id, address, browser, details)
    SELECT now() - interval '500 days' + i * interval '1 second',
        (ARRAY['password_right', 'code_sent', 'code_right', 'logged_in'])[1 + i %% 4],
        (SELECT min(id) FROM accounts_user), '192.0.2.1', 'Mozilla/5.0',
        CASE i %% 8 WHEN 3 THEN '{"channel": "sms", "unusual": "browser", "aal": 2}'
        ELSE '{"channel": "sms"}' END::jsonb
    FROM generate_series(1, %s) AS i
"""
MESSAGES = """
    INSERT INTO mfa_delivery (message, context, channel, target, state, attempt, reason, code,
        provider_id, created_at, claimed_at, finished_at, user_id)
    SELECT 'code', '{}', 'sms', '+447' || 700000000 + i %% 1000000, 'delivered', 1, '', '', '',
        at, at, at + interval '3 seconds', (SELECT min(id) FROM accounts_user)
    FROM (SELECT i, now() - interval '500 days' + i * interval '1 second' AS at
        FROM generate_series(1, %s) AS i) AS made
"""
TASKS = ("count-tallies", "catch-up-notices", "prune")


@dataclass(frozen=True, slots=True)
class Caught:
    """The times of single batches of a task, and of each step until the end, in seconds."""

    batches: list[float]
    steps: list[float]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=MANY)
    chosen = options.parse_args()
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portal.company(database, services.broker(), Path(folder), LOG_LEVEL="WARNING") as company,
    ):
        os.environ.update(company.env)
        django.setup()
        print(f"{here(database)}\n")
        people.enroll(company, "somebody")
        _report(chosen.rows, catch_up(database, FEW), catch_up(database, chosen.rows))
        at_rest = _mails(company)
        fill(database, min(chosen.rows, BESIDE))
        beside = _mails(company)
        print(f"\nSlowest of {MAILS} mails: {at_rest:.2f} s at rest, {beside:.2f} s beside it.")


def fill(database: str, rows: int) -> None:
    """Add this many old events, and a quarter as many messages, by bulk insert."""
    with psycopg.connect(database) as connection:
        connection.execute(EVENTS, [rows])
        connection.execute(MESSAGES, [rows // 4])


def catch_up(database: str, rows: int) -> dict[str, Caught]:
    """Process this many rows, task by task."""
    from mfa import metrics, retention
    from mfa.messages import notices

    fill(database, rows)
    steps = (metrics.step, notices.step, retention.step)
    return {name: _to_the_end(step) for name, step in zip(TASKS, steps, strict=True)}


def _to_the_end(step: Callable[[], bool]) -> Caught:
    from mfa.models import backlog

    usual, backlog.STEP = backlog.STEP, timedelta()
    batches = [_timed(step)[0] for _ in range(BATCHES)]
    backlog.STEP = usual
    steps, more = [], True
    while more:
        seconds, more = _timed(step)
        steps.append(seconds)
    return Caught(batches, steps)


def _timed(step: Callable[[], bool]) -> tuple[float, bool]:
    began = time.perf_counter()
    more = step()
    return time.perf_counter() - began, more


def _mails(company: Company) -> float:
    """Queue emails while the worker runs. Return the longest time until one arrived."""
    from accounts.models import User
    from mfa import metrics, retention
    from mfa.messages import notices, queue as deliveries

    company.start_worker()
    user = User.objects.get()

    def mail() -> float:
        before, began = len(company.mailbox.mails), time.perf_counter()
        deliveries.queue(user, "skipped", channel="email", target=user.email)
        soon(lambda: len(company.mailbox.mails) > before, within=60)
        return time.perf_counter() - began

    # The first one waits for the worker to start.
    mail()
    for task in (metrics.count, notices.catch_up, retention.clean):
        task.delay()
    taken = []
    for _ in range(MAILS):
        time.sleep(1)
        taken.append(mail())
    for process in (company.beat, company.worker, company.helper):
        process.stop()
    return max(taken)


def _report(rows: int, few: dict[str, Caught], many: dict[str, Caught]) -> None:
    print(
        f"| task | batch with {FEW:,} | batch with {rows:,} | ratio | slowest step | steps | all |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in TASKS:
        before, after = (1000 * median(each[name].batches) for each in (few, many))
        steps = many[name].steps
        print(
            f"| {name} | {before:.0f} ms | {after:.0f} ms | {after / before:.2f} "
            f"| {max(steps):.2f} s | {len(steps)} | {sum(steps):.0f} s |"
        )


if __name__ == "__main__":
    main()
