"""Proxy headers, error pages, and security headers."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client, RequestFactory

from mfa import request_id
from mfa.limits.counters import TooMany
from portal.middleware import Forwarded, Refusals, SecurityHeaders
from tests.conftest import NOON


def test_refusal_shows_page_with_time(
    clock: time_machine.Traveller, rf: RequestFactory, db: None
) -> None:
    """WB-06."""
    refusals = Refusals(lambda _request: HttpResponse())
    response = refusals.process_exception(rf.get("/"), TooMany(NOON + timedelta(seconds=90)))
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "90"
    assert "Try again later" in response.content.decode()


def test_refusal_that_just_ended_waits_one_second(
    clock: time_machine.Traveller, rf: RequestFactory, db: None
) -> None:
    refusals = Refusals(lambda _request: HttpResponse())
    response = refusals.process_exception(rf.get("/"), TooMany(NOON))
    assert response.headers["Retry-After"] == "1"


def test_fault_is_not_overwritten(rf: RequestFactory) -> None:
    refusals = Refusals(lambda _request: HttpResponse())
    assert refusals.process_exception(rf.get("/"), ValueError()) is None


@pytest.mark.parametrize("header", ["Cache-Control", "Permissions-Policy"])
def test_view_can_override_headers(rf: RequestFactory, header: str) -> None:
    answer = HttpResponse(headers={header: "mine"})
    assert SecurityHeaders(lambda _request: answer)(rf.get("/")).headers[header] == "mine"


@pytest.mark.parametrize(
    ("proxies", "peer", "secure"),
    [
        (["10.0.0.5"], "10.0.0.5", True),
        (["10.0.0.5"], "10.0.0.6", False),
        (["10.0.0.5"], "203.0.113.9", False),
        # A Unix socket has no address. Only local processes can connect.
        (["10.0.0.5"], "", True),
        ([], "", False),
        ([], "10.0.0.5", False),
    ],
)
def test_forwarded_scheme_needs_trusted_proxy(
    settings, rf: RequestFactory, proxies: list[str], peer: str, secure
) -> None:
    """LG-08, WB-05: a forged X-Forwarded-Proto does not make a request secure."""
    settings.TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = rf.get("/", headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR=peer)
    Forwarded(lambda _request: HttpResponse())(request)
    assert request.is_secure() is secure


def test_forged_scheme_is_redirected_to_real_one(settings, client: Client, db: None) -> None:
    """The whole stack: the middleware comes before Django reads the header."""
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = ["10.0.0.5"], True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forged = {"headers": {"X-Forwarded-Proto": "https"}, "REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/theme.css", **forged).status_code == 301
    assert client.get("/theme.css", **{**forged, "REMOTE_ADDR": "10.0.0.5"}).status_code == 200


@pytest.mark.parametrize("spelling", ["HTTPS", "Https", "https, http", "HTTPS,https"])
def test_scheme_counts_in_any_case(
    settings, client: Client, db: None, caplog, spelling: str
) -> None:
    """RFC 3986, 3.1."""
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = ["10.0.0.5"], True
    settings.HTTPS = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    behind = {"headers": {"X-Forwarded-Proto": spelling}, "REMOTE_ADDR": "10.0.0.5"}
    assert client.get("/theme.css", **behind).status_code == 200
    assert caplog.text == ""


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "on"}, {"Forwarded": "proto=https"}])
def test_redirect_loop_is_logged_once(
    settings, client: Client, caplog, headers: dict[str, str]
) -> None:
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = ["10.0.0.5"], True
    settings.HTTPS = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    behind = {"headers": headers, "REMOTE_ADDR": "10.0.0.5"}
    # Probes come from inside, and are never redirected.
    assert client.get("/healthz", **behind).status_code == 200
    assert "X-Forwarded-Proto" not in caplog.text
    statuses = {client.get("/theme.css", **behind).status_code for _ in range(3)}
    assert statuses == {301}
    assert caplog.text.count("sends no X-Forwarded-Proto") == 1


@pytest.mark.parametrize(
    ("peer", "brought", "kept"),
    [
        ("10.0.0.5", "a1b2c3d4-e5f6", True),
        ("10.0.0.5", "short", False),
        ("10.0.0.5", "x" * 65, False),
        ("10.0.0.5", "a b c d e f g h", False),
        ("10.0.0.5", "alice@example.org", False),
        ("203.0.113.9", "a1b2c3d4-e5f6", False),
    ],
)
def test_request_id_is_accepted_only_from_trusted_proxies(
    settings, client: Client, peer: str, brought: str, kept
) -> None:
    """LO-01: clients cannot forge the id of another's log lines."""
    settings.TRUSTED_PROXIES = ["10.0.0.5"]
    answer = client.get("/healthz", headers={"X-Request-ID": brought}, REMOTE_ADDR=peer)
    given = answer.headers["X-Request-ID"]
    assert (given == brought) is kept
    assert len(given) >= 8


def test_each_request_has_its_own_id(client: Client) -> None:
    ids = {client.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert request_id.current.get() == ""
