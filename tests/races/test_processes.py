"""The races again from outside: HTTP, four processes, PostgreSQL."""

from collections.abc import Iterator
from functools import partial

import pytest

from portal.demo.people import ADMIN_NUMBER, PASSWORD
from tests.processes.portal import Portal, demo
from tests.processes.services import database, postgresql, required
from tests.processes.visitor import Visitor
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.processes

VERIFY, RESEND = "/login/verify/", "/login/verify/resend/"
ADA, BEN, SAM, ADMIN = (f"{name}@example.com" for name in ("ada", "ben", "sam", "admin"))
PHONE_OF = {BEN: "+447700900101", SAM: "+447700900102", ADMIN: ADMIN_NUMBER}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    server = required(postgresql)
    with database(server) as url, demo(url, tmp_path_factory.mktemp("processes")) as portal:
        portal.start_web(workers=4, threads=4)
        yield portal


@pytest.fixture
def visitor(portal: Portal) -> Visitor:
    return portal.visitor()


def statuses(times: int, path: str, visitor: Visitor, **fields: str) -> set[int]:
    answers = many(times, partial(visitor.send, "POST", path, fields))
    return {answer.status for answer in answers}


def test_five_of_fifty_parallel_wrong_codes_are_verified(portal: Portal, visitor: Visitor) -> None:
    visitor.password(BEN, PASSWORD)
    last = (int(portal.code(PHONE_OF[BEN])) + 1) % 1_000_000
    # The fifth causes a lockout. Later ones are refused, or redirected to the page that says so.
    assert statuses(50, VERIFY, visitor, code=f"{last:06}") <= {200, 302, 429}
    assert portal.events("code_wrong", BEN) == 5
    assert portal.query("SELECT wrong_answers FROM accounts_user WHERE email = %s", BEN) == [(5,)]


def test_one_of_twenty_parallel_right_codes_logs_in(portal: Portal, visitor: Visitor) -> None:
    # Staff would save recovery codes first.
    portal.query("UPDATE accounts_user SET is_staff = false WHERE email = %s", SAM)
    visitor.password(SAM, PASSWORD)
    assert statuses(20, VERIFY, visitor, code=portal.code(PHONE_OF[SAM])) <= {200, 302}
    assert portal.events("logged_in", SAM) == 1
    assert portal.events("code_right", SAM) == 1


def test_one_of_twenty_clicks_on_send_again_sends(portal: Portal, visitor: Visitor) -> None:
    visitor.password(ADMIN, PASSWORD)
    portal.query("UPDATE mfa_challenge SET resend_at = now()")
    before = portal.messages()
    assert statuses(20, RESEND, visitor) == {302, 429}
    assert portal.messages() == before + 1


def test_one_of_twenty_clicks_on_send_to_email_sends(portal: Portal, visitor: Visitor) -> None:
    # The lockout for the wrong codes above has ended.
    portal.query(
        "UPDATE accounts_user SET wrong_answers = 0, wait_until = NULL WHERE email = %s", BEN
    )
    visitor.password(BEN, PASSWORD)
    before = portal.messages()
    assert statuses(20, "/login/verify/email/", visitor) == {302}
    assert portal.messages() == before + 1
    assert visitor.send("POST", VERIFY, {"code": portal.code(BEN)}).status == 302
    assert portal.events("logged_in", BEN) == 1


def test_eight_passwords_in_one_session_send_one_text(portal: Portal, visitor: Visitor) -> None:
    visitor.password(SAM, PASSWORD)
    before = portal.messages()
    assert statuses(8, "/login/", visitor, email=SAM, password=PASSWORD) == {302}
    assert portal.messages() == before


@pytest.mark.parametrize("email", [ADA, BEN])
def test_twenty_views_of_every_page_send_nothing(
    portal: Portal, visitor: Visitor, email: str
) -> None:
    visitor.password(email, PASSWORD)
    before = portal.messages()
    pages = ["enroll/phone/", "enroll/verify/", "enroll/done/", "verify/", "verify/resend/"]
    pages += ["verify/email/", "choose/", "continue/", "help/", "skip/", ""]
    views = [partial(visitor.send, "GET", f"/login/{page}") for page in pages * 20]
    assert {answer.status for answer in at_once(views)} <= {200, 302, 405}
    assert portal.messages() == before
