"""Run all sites side by side, log people in to each in turn, and print the table.

`python -m benchmarks.peers`: the products take turns in blocks of logins, so a slower machine
affects all of them. "Times plain" is the ratio to plain Django in each round, and its median over
the rounds. The hash is trivial everywhere, so the figures show the CPU beyond it.
"""

import argparse
import os
import tempfile
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

import django

from benchmarks.machine import here
from benchmarks.peers import running
from benchmarks.peers.browser import HttpBrowser
from benchmarks.peers.logins import ENTRIES, Entry, Files, Person, Phone
from benchmarks.peers.running import Site
from tests.processes import services
from tests.processes.portal import Company

PYTHON = ".venv-peers/bin/python"
WARM_UP = 8


@dataclass
class Seen:
    """What one row's logins cost: CPU milliseconds by round, and what was counted."""

    entry: Entry
    site: Site
    phone: Phone
    counts: dict[str, int] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=12)
    options.add_argument("--logins", type=int, default=20, help="of each row in each round")
    options.add_argument("--python", default=PYTHON, help="the peers' interpreter")
    chosen = options.parse_args()
    server = services.postgresql()
    most = 2 * WARM_UP + chosen.rounds * chosen.logins
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        interpreter = os.path.abspath(chosen.python)  # noqa: PTH100 - a link must stay one
        with (
            running.peers(interpreter, server, folder, most) as peers,
            running.ours(server, folder, 4 * most) as (company, own),
        ):
            os.environ.update(company.env)
            django.setup()
            sites = {site.name: site for site in (*peers, *own)}
            rows = [_row(entry, sites[entry.site], company, folder) for entry in ENTRIES.values()]
            _measure(rows, company, rounds=chosen.rounds, logins=chosen.logins)
            print(
                f"*{here(company.database)}; {chosen.rounds} rounds of {chosen.logins} logins.*\n"
            )
            _report(rows)
            _report_workers(company, next(row for row in rows if row.site.name == "portal"))


def _row(entry: Entry, site: Site, company: Company, folder: Path) -> Seen:
    # Its models need Django's settings, which are known only now.
    from benchmarks.peers.portal_phones import Texted

    own = site.name in {"portal", "small"}
    return Seen(entry, site, Texted(company) if own else Files(folder / f"outbox-{site.name}"))


def _measure(rows: list[Seen], company: Company, *, rounds: int, logins: int) -> None:
    for row in rows:
        _switch(on=row.entry.mfa)
        row.counts = row.site.count(row.entry, list(islice(row.site.people, WARM_UP)))
        for person in islice(row.site.people, WARM_UP):
            _log_in(row, person)
        row.wall.clear()
    workers = [company.worker.pid, company.helper.pid]
    for number in range(rounds):
        start = number % len(rows)
        for row in rows[start:] + rows[:start]:
            _switch(on=row.entry.mfa)
            pids = row.site.server.children()
            before, worker = running.cpu(pids), running.cpu(workers)
            for person in islice(row.site.people, logins):
                _log_in(row, person)
            row.cpu.append(1000 * (running.cpu(pids) - before) / logins)
            row.worker.append(1000 * (running.cpu(workers) - worker) / logins)


def _log_in(row: Seen, person: Person) -> None:
    browser = HttpBrowser(host=f"127.0.0.1:{row.site.port}", address=person.address)
    row.entry.log_in(browser, person, row.phone)
    row.wall.append(1000 * browser.seconds)


def _switch(*, on: bool) -> None:
    from mfa.models import SitePolicy

    SitePolicy.objects.update(enabled=on)


def _report(rows: list[Seen]) -> None:
    floor = rows[0]
    print("| login | requests | CPU ms | times plain | calls | reads | writes | kB | p50 ms | MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        times = median(own / plain for own, plain in zip(row.cpu, floor.cpu, strict=True))
        counts = row.counts
        print(
            f"| {row.entry.title} | {counts['requests']} | {median(row.cpu):.1f} | **{times:.2f}** "
            f"| {counts['calls']:,} | {counts['reads']} | {counts['writes']} "
            f"| {counts['size'] / 1000:.1f} | {median(row.wall):.0f} "
            f"| {running.memory(row.site.server.children()):.0f} |"
        )


def _report_workers(company: Company, row: Seen) -> None:
    workers = [company.worker.pid, company.helper.pid]
    print(
        f"\nBeside the web process a login by text costs the workers {median(row.worker):.1f} ms; "
        f"both together hold {running.memory(workers):.0f} MB."
    )


if __name__ == "__main__":
    main()
