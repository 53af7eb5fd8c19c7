"""WB-02, SS-11: headers of error answers. test_visits checks all other answers."""

import pytest
from django.http import HttpResponse

from accounts.models import User
from tests.portal_client import Browser

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)"
    ),
}


def headers(response: HttpResponse) -> dict[str, str]:
    return {name: response.headers.get(name, "") for name in HEADERS}


def policy_of(response: HttpResponse) -> dict[str, str]:
    directives = response.headers["Content-Security-Policy"].split(";")
    return dict(directive.strip().split(" ", 1) for directive in directives)


@pytest.fixture
def broken(home: Browser, settings) -> Browser:
    """Cause an error where the portal reads a phone number."""
    settings.SMS_TEST_NUMBERS = None
    home.raise_request_exception = False
    return home


@pytest.fixture
def errors(home: Browser, other_browser: Browser, bob: User, settings) -> dict[int, HttpResponse]:
    """One page of each error."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    too_big = home.post("/me/", {"full_name": "x" * 200})
    for _ in range(11):
        slowed = other_browser.password(bob, "not the password")
    return {
        400: too_big,
        403: home.get("/admin/"),
        404: home.get("/no-such-page/"),
        405: home.get("/logout/"),
        429: slowed,
    }


def test_error_pages_have_security_headers(errors: dict[int, HttpResponse]) -> None:
    assert {status: page.status_code for status, page in errors.items()} == {
        status: status for status in errors
    }
    assert [status for status, page in errors.items() if policy_of(page) != CSP] == []
    assert [status for status, page in errors.items() if headers(page) != HEADERS] == []
    assert [
        status for status, page in errors.items() if "no-store" not in page.get("Cache-Control", "")
    ] == []


def test_unknown_host_gets_security_headers(browser: Browser, db: None) -> None:
    """WB-05: and nothing but an error."""
    page = browser.get("/login/", headers={"host": "evil.example"})
    assert page.status_code == 400
    assert policy_of(page) == CSP
    assert headers(page) == HEADERS
    assert "no-store" in page.get("Cache-Control", "")


def test_csrf_refusal_has_security_headers(db: None) -> None:
    page = Browser(enforce_csrf_checks=True).post("/login/")
    assert page.status_code == 403
    assert policy_of(page) == CSP
    assert headers(page) == HEADERS
    assert "no-store" in page.get("Cache-Control", "")


def test_server_error_page_has_security_headers(broken: Browser) -> None:
    page = broken.post("/me/phone/", {"phone": "+447700900250"})
    assert page.status_code == 500
    assert policy_of(page) == CSP
    assert headers(page) == HEADERS
    assert "no-store" in page.get("Cache-Control", "")
    assert "Traceback" not in page.content.decode()
