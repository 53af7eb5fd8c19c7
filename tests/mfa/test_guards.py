"""Guards: which page answers at which step, and how strong a session is."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts.models import User
from mfa.guards import ANY_STEP, is_strong, on_step, person
from mfa.login import PAGES, Walk
from mfa.models import AccountPolicy
from mfa.rules.steps import Step
from mfa.sessions import ABOUT
from tests.portal_client import Browser


@on_step(*Step)
def anywhere(_request: HttpRequest, walk: Walk) -> HttpResponse:
    """A page that answers at every step, and says at which."""
    return HttpResponse(walk.step)


@on_step(Step.FINISH)
def nowhere(_request: HttpRequest, _walk: Walk) -> HttpResponse:
    """A page that answers at a step where nobody is."""
    raise AssertionError


def request_of(browser: Browser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = browser.session
    return request


def test_a_page_gets_its_walk(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert anywhere(request_of(browser)).content == b"answer"


def test_a_page_out_of_turn_leads_to_the_right_one(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert nowhere(request_of(browser)).url == "/login/verify/"


def test_without_a_walk_it_leads_to_the_login(browser: Browser, db: None) -> None:
    assert nowhere(request_of(browser)).url == "/login/"


def test_a_guarded_page_is_open_to_strangers_and_to_no_cache(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert anywhere.login_required is False
    assert "no-store" in anywhere(request_of(browser)).headers["Cache-Control"]


def test_a_guarded_page_hides_what_is_posted_to_it(browser: Browser, alice: User) -> None:
    """DT-04."""
    browser.password(alice)
    request = request_of(browser)
    anywhere(request)
    assert request.sensitive_post_parameters == ("code", "codes", "phone")


def test_a_guard_writes_nothing(browser: Browser, alice: User) -> None:
    browser.password(alice)
    request = request_of(browser)
    nowhere(request)
    assert not request.session.modified


def test_every_step_has_its_page() -> None:
    # The policy says what a first factor may be, and so its page.
    assert set(PAGES) == set(Step) - {Step.ENROLL, Step.OFFER}


def test_any_step_is_one_at_which_somebody_waits() -> None:
    assert set(Step) - set(ANY_STEP) == {Step.START_OVER, Step.ENTER}


def test_a_person_is_somebody(rf: RequestFactory, alice: User) -> None:
    request = rf.get("/")
    request.user = alice
    assert person(request) == alice


def test_nobody_is_no_person(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        person(request)


def request_about(about: dict[str, object] | None) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = {ABOUT: about} if about is not None else {}
    return request


@pytest.fixture
def off(policy: AccountPolicy) -> None:
    """MFA is off."""
    policy.enabled = False
    policy.save()


def test_a_session_is_strong_after_a_second_step(alice: User) -> None:
    assert is_strong(request_about({"aal": 2}), alice)


@pytest.mark.parametrize("about", [{"aal": 1}, {}, None])
def test_and_weak_without(alice: User, about: dict[str, object] | None) -> None:
    """EM-01."""
    assert not is_strong(request_about(about), alice)


@pytest.mark.parametrize("about", [{"aal": 1}, {}, None])
def test_where_none_is_asked_every_session_will_do(
    off: None, alice: User, about: dict[str, object] | None
) -> None:
    assert is_strong(request_about(about), alice)
