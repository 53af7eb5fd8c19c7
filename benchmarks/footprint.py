"""CPU time to start the processes, and their memory before and after logins.

`python -m benchmarks.footprint` starts gunicorn with one worker and both Celery workers on its own
PostgreSQL database, logs people in by texted code, and prints the kernel's figures. `PSS` divides
a shared page among the processes that map it; `private` is freed when the process ends.
"""

import sys
import tempfile
from pathlib import Path
from subprocess import check_output

from benchmarks.machine import here
from tests.processes import people, portal, services
from tests.processes.visitor import soon

LOGINS = 20
STARTS = 7
# What a worker imports before it serves. The first request that needs other modules imports them.
STARTED = {
    "web worker": "import portal.wsgi",
    "Celery worker": "import django; django.setup(); from portal.celery import app\n"
    "app.loader.import_default_modules()",
}
TIMED = "import time\n{}\nprint(time.process_time())"
KEPT = ("Rss", "Pss", "Private_Clean", "Private_Dirty")


def main() -> None:
    """Measure and print."""
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portal.company(
            database, services.broker(), Path(folder), TEST_HASHER="trivial", LOG_LEVEL="INFO"
        ) as company,
    ):
        print(here(database))
        _report_starts(company)
        company.start_web(workers=1)
        company.start_worker()
        _log_in(company)
        _report_memory(company)


def _report_starts(company: portal.Company) -> None:
    print("\n| start of | CPU s, best of 7 |\n|---|---|")
    for name, statement in STARTED.items():
        command = [sys.executable, "-W", "ignore", "-c", TIMED.format(statement)]
        best = min(
            float(check_output(command, env=company.env, text=True).split()[-1])
            for _ in range(STARTS)
        )
        print(f"| {name} | {best:.2f} |")


def _log_in(company: portal.Company) -> None:
    for email in people.enroll(company, "ben", LOGINS):
        visitor, number = company.visitor(), people.number_of(email)
        visitor.password(email, portal.PASSWORD)
        text = soon(lambda number=number: company.texts(number))[-1]
        visitor.post("/login/verify/", code=portal.code_in(text))
        assert visitor.path == "/", visitor.path


def _report_memory(company: portal.Company) -> None:
    processes = {
        "web master": company.web.pid,
        "web worker": company.web.children()[0],
        "worker for texts": company.worker.pid,
        "worker for everything else": company.helper.pid,
        "beat": company.beat.pid,
    }
    print(f"\n| after {LOGINS} logins | RSS MB | PSS MB | private MB |\n|---|---|---|---|")
    for name, pid in processes.items():
        taken = _memory(pid)
        private = taken["Private_Clean"] + taken["Private_Dirty"]
        print(f"| {name} | {taken['Rss']:.0f} | {taken['Pss']:.0f} | {private:.0f} |")


def _memory(pid: int) -> dict[str, float]:
    """Return megabytes as the kernel reports them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {name: rest.split()[0] for name, _, rest in (line.partition(":") for line in lines)}
    return {name: int(found[name]) / 1024 for name in KEPT}


if __name__ == "__main__":
    main()
