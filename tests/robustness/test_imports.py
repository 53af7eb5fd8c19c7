"""A worker killed in the middle of an import: no one is lost, and no one is there twice."""

import pytest

from tests.processes.visitor import soon
from tests.robustness.site import Site

pytestmark = pytest.mark.processes

PEOPLE = 5_000
START = f"""
from accounts.csv_import import dry_run, run, tasks, uploads
from mfa.audit import NOWHERE
lines = "".join(f"import{{each}}@example.org,Import {{each}}\\n" for each in range({PEOPLE}))
content = ("email,full name\\n" + lines).encode()
held = uploads.store(None, None, content, name="people.csv", invites=False)
uploads.map_columns(held, uploads.mapped_in(held))
while dry_run.check(held.pk, seconds=9):
    pass
run.start(None, held, sends_mail=False, client=NOWHERE)
tasks.wake(held.pk)
"""
CONTINUE = "from accounts.csv_import import tasks; tasks.catch_up()"


def test_import_continues_after_its_worker_was_killed(site: Site) -> None:
    portal = site.portal

    def imported() -> int:
        rows = portal.query("SELECT count(*) FROM accounts_user WHERE email LIKE 'import%%'")
        return int(rows[0][0])

    portal.manage("shell", "-c", START)
    soon(imported, within=30)
    portal.bulk.kill()
    before = imported()
    assert 0 < before < PEOPLE
    assert portal.query("SELECT state, position FROM accounts_peopleimport") == [
        ("running", before)
    ]
    # Texts have a worker of their own.
    person = site.person()
    assert person.log_in() == "/login/verify/"
    assert person.type(person.next_code()) == "/"
    portal.bulk.start()
    portal.query("UPDATE accounts_peopleimport SET worked_at = worked_at - interval '3 minutes'")
    portal.manage("shell", "-c", CONTINUE)
    soon(lambda: imported() == PEOPLE, within=60)
    soon(lambda: portal.query("SELECT state FROM accounts_peopleimport") == [("finished",)])
    doubled = "SELECT email FROM accounts_user GROUP BY email HAVING count(*) > 1"
    assert portal.query(doubled) == []
    assert portal.query("SELECT counts ->> 'new' FROM accounts_peopleimport") == [(str(PEOPLE),)]
