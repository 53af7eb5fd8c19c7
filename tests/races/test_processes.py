"""The races once more from outside: HTTP, four processes, PostgreSQL."""

import os
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from portal.demo.people import ADMIN_NUMBER, PASSWORD
from tests.races.parallel import at_once, many
from tests.races.processes import Portal, Visitor, running

pytestmark = pytest.mark.postgresql

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
VERIFY, RESEND = "/login/verify/", "/login/verify/resend/"
ADA, BEN, SAM, ADMIN = (f"{name}@example.com" for name in ("ada", "ben", "sam", "admin"))
PHONE_OF = {BEN: "+447700900101", SAM: "+447700900102", ADMIN: ADMIN_NUMBER}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not reachable.")
    with running(POSTGRESQL, tmp_path_factory.mktemp("processes") / "log") as portal:
        yield portal


@pytest.fixture
def visitor(portal: Portal) -> Visitor:
    return Visitor(portal)


def statuses(times: int, path: str, visitor: Visitor, **fields: str) -> set[int]:
    return set(many(times, partial(visitor.post, path, **fields)))


def test_of_fifty_wrong_codes_five_are_judged(portal: Portal, visitor: Visitor) -> None:
    visitor.password(BEN)
    last = (int(portal.code(PHONE_OF[BEN])) + 1) % 1_000_000
    assert statuses(50, VERIFY, visitor, code=f"{last:06}") == {200}
    assert portal.events("code_wrong", BEN) == 5
    assert portal.query("SELECT wrong_answers FROM accounts_user WHERE email = %s", BEN) == [(5,)]


def test_of_twenty_right_codes_one_logs_in(portal: Portal, visitor: Visitor) -> None:
    visitor.password(SAM)
    assert statuses(20, VERIFY, visitor, code=portal.code(PHONE_OF[SAM])) <= {200, 302}
    assert portal.events("logged_in", SAM) == 1
    assert portal.events("code_right", SAM) == 1


def test_of_twenty_clicks_on_send_again_one_sends(portal: Portal, visitor: Visitor) -> None:
    visitor.password(ADMIN)
    portal.query("UPDATE mfa_challenge SET resend_at = now()")
    before = portal.messages()
    assert statuses(20, RESEND, visitor) == {302, 429}
    assert portal.messages() == before + 1


def test_of_twenty_clicks_on_send_to_email_one_sends(portal: Portal, visitor: Visitor) -> None:
    visitor.password(BEN)
    before = portal.messages()
    assert statuses(20, "/login/verify/email/", visitor) == {302}
    assert portal.messages() == before + 1
    assert visitor.post(VERIFY, code=portal.code(BEN)) == 302
    assert portal.events("logged_in", BEN) == 1


def test_eight_passwords_in_one_session_send_one_text(portal: Portal, visitor: Visitor) -> None:
    visitor.password(SAM)
    before = portal.messages()
    assert statuses(8, "/login/", visitor, email=SAM, password=PASSWORD) == {302}
    assert portal.messages() == before


@pytest.mark.parametrize("email", [ADA, BEN])
def test_twenty_views_of_every_page_send_nothing(
    portal: Portal, visitor: Visitor, email: str
) -> None:
    visitor.password(email)
    before = portal.messages()
    pages = ["enroll/phone/", "enroll/verify/", "enroll/done/", "verify/", "verify/resend/"]
    pages += ["verify/email/", "choose/", "continue/", "help/", "skip/", ""]
    seen = at_once([partial(visitor.get, f"/login/{page}") for page in pages * 20])
    assert set(seen) <= {200, 302, 405}
    assert portal.messages() == before
