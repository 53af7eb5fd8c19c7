"""Each step is passed only by its own proof."""

import json
import random

import pytest
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from accounts.models import User
from mfa.models.challenges import TESTS
from mfa.rules.routes import Purpose
from tests.advisories.trial import ASKED, BODIES, FLOW, OPEN, bound, newest_code, proven, undone
from tests.architecture.addresses import PORTAL, Address
from tests.portal_client import Browser

PURPOSES = pytest.mark.parametrize("purpose", list(ASKED))
FORM = "application/x-www-form-urlencoded"
EVERYWHERE = {"fields of other steps": BODIES["fields of other steps"]}
WALKS, STEPS = 6, 8


@pytest.fixture
def asked_for(request: pytest.FixtureRequest, alice: User, purpose: Purpose) -> Browser:
    """A browser in the middle of the tested purpose."""
    return request.getfixturevalue(ASKED[purpose][0])


def gained(browser: Browser, before: tuple[set[str], set[tuple[object, ...]]]) -> list[object]:
    """What the session or the database has now and did not have before."""
    shown, kept = before
    return [*(proven(browser) - shown), *(row for row in bound() - kept if not is_loss(row, kept))]


def is_loss(row: tuple[object, ...], kept: set[tuple[object, ...]]) -> bool:
    """Whether a person only lost the password, as by the report "This wasn't me"."""
    others = [(*each[:2], *each[3:]) for each in kept if len(each) == len(row)]
    return str(row[2]).startswith("!") and (*row[:2], *row[3:]) in others


def standing(browser: Browser) -> tuple[set[str], set[tuple[object, ...]]]:
    return proven(browser), bound()


def others(purpose: Purpose) -> list[Address]:
    return [each for each in PORTAL if each.name not in OPEN.get(purpose, set())]


def test_each_purpose_is_tried() -> None:
    assert set(ASKED) == set(Purpose) - set(TESTS)


@PURPOSES
def test_right_code_on_its_own_page_proves_something(asked_for: Browser, purpose: Purpose) -> None:
    """Proves that the tests below can fail: this is what they detect."""
    before = standing(asked_for)
    asked_for.post(reverse(ASKED[purpose][1]), {"code": newest_code()})
    assert gained(asked_for, before)


@PURPOSES
def test_fields_of_other_steps_prove_nothing(asked_for: Browser, purpose: Purpose) -> None:
    """X1, Keycloak CVE-2026-18963: "try another way" completed a step that was never shown.

    X2, authentik CVE-2026-49448: an empty POST passed a stage.
    """
    before = standing(asked_for)
    found = {}
    for each in others(purpose):
        for body, fields in (BODIES if each in FLOW else EVERYWHERE).items():
            with undone(asked_for) as twin:
                twin.post(each.path, fields)
                found[f"{each} with {body}"] = gained(twin, before)
    assert {what: gain for what, gain in found.items() if gain} == {}


@PURPOSES
def test_right_code_proves_nothing_on_any_other_page(asked_for: Browser, purpose: Purpose) -> None:
    """X1: nor as a field of another step."""
    before = standing(asked_for)
    right = {**BODIES["buttons"], "code": newest_code(), "phone": "+447700900250"}
    found = {}
    for each in others(purpose):
        if each.name != ASKED[purpose][1]:
            with undone(asked_for) as twin:
                twin.post(each.path, right)
                found[str(each)] = gained(twin, before)
    assert {what: gain for what, gain in found.items() if gain} == {}


@PURPOSES
def test_order_of_pages_proves_nothing(asked_for: Browser, purpose: Purpose) -> None:
    """X1: choose, another, back, resend, lost and found again, in any order."""
    before = standing(asked_for)
    dice = random.Random(purpose)
    for _ in range(WALKS):
        with undone(asked_for) as twin:
            steps = [(dice.choice(FLOW), dice.choice(list(BODIES))) for _ in range(STEPS)]
            for each, body in steps:
                twin.post(each.path, BODIES[body])
                assert gained(twin, before) == [], [f"{at} with {body}" for at, body in steps]


def as_json(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.post(path, json.dumps({"code": code}), content_type="application/json")


def as_text(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.post(path, f"code={code}", content_type="text/plain")


def as_nothing(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.generic("POST", path, f"code={code}".encode(), content_type="")


def as_an_upload(browser: Browser, path: str, code: str) -> HttpResponse:
    body = encode_multipart(BOUNDARY, {"code": code})
    return browser.generic("POST", path, body, content_type=MULTIPART_CONTENT)


def in_the_address(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.post(f"{path}?code={code}")


def by_get(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.get(path, {"code": code})


def by_head(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.head(path, {"code": code})


def by_put(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.put(path, f"code={code}", content_type=FORM)


def by_override(browser: Browser, path: str, code: str) -> HttpResponse:
    headers = {"X-HTTP-Method-Override": "POST", "X-Requested-With": "XMLHttpRequest"}
    return browser.get(path, {"code": code, "_method": "POST"}, headers=headers)


def behind_a_nul(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.post(path, {"code": f"\x00{code}"})


def beside_a_wrong_one(browser: Browser, path: str, code: str) -> HttpResponse:
    return browser.post(path, f"code={code}&code=000000", content_type=FORM)


STRANGE = (
    as_json,
    as_text,
    as_nothing,
    as_an_upload,
    in_the_address,
    by_get,
    by_head,
    by_put,
    by_override,
    behind_a_nul,
    beside_a_wrong_one,
)


@PURPOSES
def test_right_code_in_unusual_request_proves_nothing(asked_for: Browser, purpose: Purpose) -> None:
    """X2: only a form counts, whatever other bodies or methods contain."""
    before, path, right = standing(asked_for), reverse(ASKED[purpose][1]), newest_code()
    found = {}
    for send in STRANGE:
        with undone(asked_for) as twin:
            assert send(twin, path, right).status_code < 500
            found[send.__name__] = gained(twin, before)
    assert {what: gain for what, gain in found.items() if gain} == {}
