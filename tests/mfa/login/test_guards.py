"""Guards: which page answers at which step, and the level of a session."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts.models import User
from mfa.login import PAGES
from mfa.login.flow import Flow
from mfa.login.guards import ANY_STEP, is_strong, on_step, person
from mfa.models import SitePolicy
from mfa.rules.steps import Step
from mfa.session_engine import ABOUT
from tests.portal_client import Browser


@on_step(*Step)
def anywhere(_request: HttpRequest, flow: Flow) -> HttpResponse:
    """A page that answers at every step, and says at which."""
    return HttpResponse(flow.step)


@on_step(Step.FINISH)
def nowhere(_request: HttpRequest, _flow: Flow) -> HttpResponse:
    """A page that answers at a step where nobody is."""
    raise AssertionError


def request_of(browser: Browser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = browser.session
    return request


def test_page_receives_flow_of_login(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert anywhere(request_of(browser)).content == b"answer"


def test_page_at_wrong_step_redirects_to_right_one(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert nowhere(request_of(browser)).url == "/login/verify/"


def test_page_without_flow_redirects_to_login(browser: Browser, db: None) -> None:
    assert nowhere(request_of(browser)).url == "/login/"


def test_guarded_page_is_public_and_not_cached(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert anywhere.login_required is False
    assert "no-store" in anywhere(request_of(browser)).headers["Cache-Control"]


def test_guarded_page_hides_what_is_posted_to_it(browser: Browser, alice: User) -> None:
    """DT-04."""
    browser.password(alice)
    request = request_of(browser)
    anywhere(request)
    assert request.sensitive_post_parameters == ("code", "codes", "phone")


def test_guard_writes_nothing(browser: Browser, alice: User) -> None:
    browser.password(alice)
    request = request_of(browser)
    nowhere(request)
    assert not request.session.modified


def test_every_login_step_has_a_page() -> None:
    # The policy says what a first factor may be, and so its page.
    assert set(PAGES) == set(Step) - {Step.ENROLL, Step.OFFER}


def test_every_open_step_has_a_page() -> None:
    assert set(Step) - set(ANY_STEP) == {Step.START_OVER, Step.ENTER}


def test_person_returns_logged_in_user(rf: RequestFactory, alice: User) -> None:
    request = rf.get("/")
    request.user = alice
    assert person(request) == alice


def test_person_refuses_anonymous_user(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        person(request)


def request_about(about: dict[str, object] | None) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = {ABOUT: about} if about is not None else {}
    return request


@pytest.fixture
def off(policy: SitePolicy) -> None:
    """MFA is off."""
    policy.enabled = False
    policy.save()


def test_session_is_strong_after_second_step(alice: User) -> None:
    assert is_strong(request_about({"aal": 2}), alice)


@pytest.mark.parametrize("about", [{"aal": 1}, {}, None])
def test_session_is_weak_without_second_step(alice: User, about: dict[str, object] | None) -> None:
    """EM-01."""
    assert not is_strong(request_about(about), alice)


@pytest.mark.parametrize("about", [{"aal": 1}, {}, None])
def test_every_session_is_strong_if_no_second_step_is_required(
    off: None, alice: User, about: dict[str, object] | None
) -> None:
    assert is_strong(request_about(about), alice)
