"""What operators see of a login: its log lines from page to worker, readiness, and metrics."""

import json

import pytest

from tests.processes import people
from tests.processes.portal import PASSWORD, Company, code_in
from tests.processes.visitor import soon

pytestmark = pytest.mark.processes
# Rows settle for 30 s, and the beat asks the worker to count every 15 s.
COUNTED_WITHIN = 90


def lines(stack: Company) -> list[dict]:
    """The log's JSON lines, without Celery's banner."""
    return [json.loads(line) for line in stack.log.read_text().splitlines() if line[:1] == "{"]


def test_login_can_be_traced_and_is_counted(stack: Company) -> None:
    """LO-01, and `/metrics` over two web processes and a worker."""
    [email] = people.enroll(stack, "watched")
    number = people.number_of(email)
    person = stack.visitor()
    person.password(email, PASSWORD)
    code = code_in(soon(lambda: stack.texts(number), within=20)[0])
    person.post("/login/verify/", code=code)
    assert person.path == "/"

    ready = stack.visitor().send("GET", "/readyz")
    assert (ready.status, ready.body.count(": ok")) == (200, 6)

    [(user,)] = stack.query("SELECT id FROM accounts_user WHERE email = %s", email)
    told = [line for line in lines(stack) if line.get("user") == user]
    asked = next(line for line in told if line.get("event") == "code_sent")
    sent = soon(
        lambda: [line for line in lines(stack) if line.get("user") == user and "delivery" in line]
    )
    assert sent[0]["request"] == asked["request"]
    assert sent[0]["channel"] == "sms"
    log = stack.log.read_text()
    for secret in (code, number, number[3:], email, PASSWORD):
        assert secret not in log

    def counted() -> bool:
        body = stack.visitor().send("GET", "/metrics").body
        entered = 'portal_logins_total{channel="sms",outcome="logged_in"}' in body
        return entered and "portal_tallied_timestamp_seconds 1" in body

    assert soon(counted, within=COUNTED_WITHIN)
