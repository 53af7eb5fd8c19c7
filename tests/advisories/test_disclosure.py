"""No answer, header, poll or log contains a code (X8, Zitadel CVE-2026-105211).

There the code of an enrollment was in the response.
"""

import json
import logging
import re

import pytest
from django.http import HttpResponse

from accounts.models import User
from mfa.models import OutboxMessage
from mfa.rules.routes import Purpose
from tests.advisories.trial import ASKED, BODIES, FLOW, undone
from tests.architecture.addresses import PORTAL

# The demo's own phone shows its texts.
PHONE = {"demo:phone"}


def everything(page: HttpResponse) -> str:
    """Return an answer's status line, headers, cookies and body."""
    body = page.content.decode(errors="replace")
    return "\n".join((str(page.headers), str(page.cookies), page.reason_phrase, body))


def codes_that_went_out() -> set[str]:
    bodies = OutboxMessage.objects.values_list("body", flat=True)
    return {code for body in bodies for code in re.findall(r"\b\d{6}\b", body)}


@pytest.mark.parametrize("purpose", list(ASKED))
def test_answers_and_logs_contain_no_code(
    request: pytest.FixtureRequest,
    alice: User,
    caplog: pytest.LogCaptureFixture,
    purpose: Purpose,
) -> None:
    """X8: every page, with GET and POST, while a code is open."""
    caplog.set_level(logging.DEBUG)
    browser = request.getfixturevalue(ASKED[purpose][0])
    out = codes_that_went_out()
    assert out
    found = []
    for each in PORTAL:
        with undone(browser) as twin:
            pages = [twin.get(each.path)]
            if each in FLOW:
                pages += [twin.post(each.path), twin.post(each.path, BODIES["buttons"])]
            said = "\n".join(map(everything, pages))
            shown = [code for code in out | codes_that_went_out() if code in said]
            if shown and each.name not in PHONE:
                found.append(str(each))
    assert found == []
    logged = caplog.text + json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert [code for code in out if re.search(rf"\b{code}\b", logged)] == []
