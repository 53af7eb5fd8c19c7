"""Liveness, readiness and metrics, and who can read them."""

import pytest
from django.test import Client

from accounts.models import User
from mfa.models import Delivery
from tests.conftest import NOON
from tests.portal_client import Browser

TOKEN = "a token for the scraper alone"
ABROAD = {"REMOTE_ADDR": "203.0.113.9"}


def test_alive_process_says_so_without_query(db, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/healthz", **ABROAD)
    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_ready_portal_lists_each_part(db) -> None:
    answer = Client().get("/readyz", **ABROAD)
    assert answer.status_code == 200
    assert answer.content.decode().splitlines() == ["database: ok", "migrations: ok", "keys: ok"]
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_portal_that_is_not_ready_names_part_with_503(settings, alice: User) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = False
    Delivery.objects.create(
        user=alice, message="code", channel="sms", target="+447700900201", created_at=NOON
    )
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "queue: a message has waited for" in answer.content.decode()
    assert alice.email not in answer.content.decode()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probe_may_use_any_host_and_no_tls(db, settings, path: str) -> None:
    """Probes come from inside, by a container's address and without TLS."""
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, headers={"host": "10.4.5.6:8000"}).status_code == 200


def test_unknown_host_opens_only_probes(db) -> None:
    assert Client().get("/login/", headers={"host": "10.4.5.6:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_open_no_session(browser: Browser, path: str) -> None:
    assert browser.get(path).cookies == {}


def test_local_machine_can_read_metrics_without_token(db) -> None:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert b"portal_queue_age_seconds" in answer.content


@pytest.mark.parametrize(
    "asking",
    [
        ABROAD,
        {"REMOTE_ADDR": ""},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Forwarded-Host": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Via": "1.1 proxy"}},
    ],
    ids=str,
)
def test_others_cannot_read_metrics_without_token(db, asking: dict) -> None:
    """LG-08: a proxy on the same machine is no scraper."""
    assert Client().get("/metrics", **asking).status_code == 403


def test_token_allows_reading_metrics(db, settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    shown = {"headers": {"Authorization": f"Bearer {TOKEN}"}}
    assert Client().get("/metrics", **shown, **ABROAD).status_code == 200


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", TOKEN, f"Bearer {TOKEN}x", "Bearer é"])
def test_configured_token_is_required_even_locally(db, settings, shown: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics", headers={"Authorization": shown}).status_code == 403


def test_empty_token_is_refused(db) -> None:
    answer = Client().get("/metrics", headers={"Authorization": "Bearer "}, **ABROAD)
    assert answer.status_code == 403
