"""System checks: errors that prevent a start, and warnings."""

import base64
from email.utils import parseaddr

import pytest
from django.core.checks import Tags, run_checks
from django.core.mail.message import sanitize_address

from mfa.channels import email
from portal import senders

SECRET, FORMER = "a long and dull secret key, but a secret", "another long and dull key, now former"
TOKEN = "a token for the scraper alone"
KEY = "Tm90IGEgc2VjcmV0LCBqdXN0IDMyIGJ5dGVzIGxvbmc="


@pytest.fixture
def production(settings):
    """Correct settings: https behind a proxy, real services."""
    settings.DEBUG = settings.DEMO = False
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = SECRET, [FORMER]
    settings.ENCRYPTION_KEYS, settings.METRICS_TOKEN = [KEY], TOKEN
    settings.BASE_URL, settings.HTTPS = "https://portal.example.org", True
    settings.HOST, settings.ALLOWED_HOSTS = "portal.example.org", ["portal.example.org"]
    settings.TRUSTED_PROXIES = ["10.0.0.5", "2001:db8::/32"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "mail", True, False
    settings.WEB_CONCURRENCY = 1
    return settings


def ids(*, deploy: bool = False) -> set[str]:
    """Return our own findings at the start, or before a deployment."""
    found = run_checks(tags=[Tags.security], include_deployment_checks=deploy)
    return {message.id for message in found if message.id.startswith("portal.")}


def test_safe_production_passes(production) -> None:
    assert ids(deploy=True) == set()


def test_setting_that_gunicorn_cannot_read_is_named(
    production, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty one in a settings file means the default, and never reaches gunicorn."""
    monkeypatch.setenv("WEB_CONCURRENCY", " ")
    assert ids() == {"portal.E019"}
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    assert ids() == set()


@pytest.mark.parametrize("weak", ["short", "ab" * 40])
@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "METRICS_TOKEN"])
def test_guessable_secret_prevents_start(production, name: str, weak: str) -> None:
    """DT-01; an empty SECRET_KEY stops Django itself."""
    setattr(production, name, [weak] if name == "SECRET_KEY_FALLBACKS" else weak)
    assert ids() == {"portal.E010"}


@pytest.mark.parametrize(
    "keys",
    [[], ["no key"], [KEY, ""], [base64.urlsafe_b64encode(bytes(32)).decode()]],
    ids=["none", "words", "empty", "dull"],
)
def test_invalid_encryption_keys_prevent_start(production, keys: list[str]) -> None:
    production.ENCRYPTION_KEYS = keys
    assert ids() == {"portal.E011"}


@pytest.mark.parametrize(
    "changed",
    [
        {"SECRET_KEY": KEY},
        {"SECRET_KEY_FALLBACKS": [KEY]},
        {"METRICS_TOKEN": FORMER},
    ],
    ids=str,
)
def test_reused_secret_prevents_start(production, changed: dict) -> None:
    """DT-01."""
    for name, value in changed.items():
        setattr(production, name, value)
    assert ids() == {"portal.E012"}


def test_secret_key_can_be_among_its_fallbacks(production) -> None:
    """A rotation on several machines starts this way."""
    production.SECRET_KEY_FALLBACKS = [FORMER, SECRET]
    assert ids() == set()


def test_public_address_without_tls_prevents_start(production) -> None:
    """WB-05."""
    production.BASE_URL, production.HTTPS = "http://portal.example.org", False
    assert ids() == {"portal.E013"}


def test_debug_on_public_address_prevents_start(production) -> None:
    """DT-04."""
    production.DEBUG = True
    assert ids() == {"portal.E017"}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_local_address_causes_only_warning(production, host: str) -> None:
    production.BASE_URL, production.HTTPS = f"http://{host}:8000", False
    production.HOST, production.ALLOWED_HOSTS = host, [host]
    assert ids() == set()
    assert ids(deploy=True) == {"portal.W010"}


@pytest.mark.parametrize("hosts", [["*"], [".example.org"], ["portal.example.org", "*"]])
def test_host_patterns_prevent_start(production, hosts: list[str]) -> None:
    """WB-05."""
    production.ALLOWED_HOSTS = hosts
    assert ids() == {"portal.E014"}


@pytest.mark.parametrize("hosts", [[], ["other.example.org"]])
def test_missing_own_host_prevents_start(production, hosts) -> None:
    production.ALLOWED_HOSTS = hosts
    assert ids() == {"portal.E015"}


@pytest.mark.parametrize("proxy", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3"])
def test_trusting_wide_networks_prevents_start(production, proxy: str) -> None:
    """LG-08."""
    production.TRUSTED_PROXIES = ["10.0.0.5", proxy]
    assert ids() == {"portal.E016"}


def test_invalid_network_is_left_to_other_check(production) -> None:
    production.TRUSTED_PROXIES = ["proxy"]
    assert ids() == set()


@pytest.mark.parametrize(
    ("changed", "warning"),
    [
        ({"TRUSTED_PROXIES": []}, "portal.W011"),
        (
            {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}},
            "portal.W012",
        ),
        ({"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}, "portal.W014"),
        ({"EMAIL_USE_TLS": False}, "portal.W015"),
        ({"METRICS_TOKEN": ""}, "portal.W016"),
    ],
    ids=str,
)
def test_weak_settings_cause_warnings(production, changed: dict, warning: str) -> None:
    for name, value in changed.items():
        setattr(production, name, value)
    assert ids() == set()
    assert ids(deploy=True) == {warning}


@pytest.mark.parametrize("changed", [{"EMAIL_USE_SSL": True}, {"EMAIL_HOST": "127.0.0.1"}], ids=str)
def test_mail_by_tls_or_inside_the_machine_is_private(production, changed: dict) -> None:
    production.EMAIL_USE_TLS = False
    for name, value in changed.items():
        setattr(production, name, value)
    assert ids(deploy=True) == set()


@pytest.mark.parametrize(("processes", "found"), [(1, set()), (2, {"portal.W013"})])
def test_several_processes_on_sqlite_cause_warning(production, processes, found) -> None:
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": "portal.sqlite3"}
    # The connection itself is the suite's: only what the check reads is swapped.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(production.DATABASES, "default", file)
        production.WEB_CONCURRENCY = processes
        assert ids(deploy=True) == found


@pytest.mark.parametrize("mode", ["DEBUG", "DEMO"])
def test_local_machine_needs_no_services(production, mode: str) -> None:
    setattr(production, mode, True)
    production.BASE_URL, production.HTTPS = "http://portal.example.org", False
    production.ALLOWED_HOSTS, production.METRICS_TOKEN = ["*"], ""
    production.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
    assert ids(deploy=True) == set()


UNUSABLE = [
    "",
    "noreply",
    "noreply@",
    "@example.com",
    "Acme, Inc. <noreply@example.com>",
    "Acme [prod] <noreply@example.com>",
    "Acme: Portal <noreply@example.com>",
    "a@example.com, b@example.com",
    "Acme <noreply@example.com",
    "Acme noreply@example.com",
    "Acme <>",
    "Acme <noreply>",
    "a b@example.com",
    "m\xfcller@example.com",
    "noreply@exa mple.com",
    "noreply@example.com\nBcc: x@example.com",
]


@pytest.mark.parametrize("sender", UNUSABLE)
@pytest.mark.parametrize("name", ["DEFAULT_FROM_EMAIL", "SERVER_EMAIL", "ADMINS", "MANAGERS"])
def test_undeliverable_address_is_refused(production, name: str, sender: str) -> None:
    setattr(production, name, [("Ada", sender)] if name in {"ADMINS", "MANAGERS"} else sender)
    [fault] = [found for found in run_checks() if found.id == "portal.E018"]
    assert fault.msg.startswith(name)
    assert not sender or sender not in fault.msg.replace("name@example.com", "")


USABLE = [
    "noreply@example.com",
    "portal@mailhost",
    "noreply@b\xfccher.example",
    "Acme Inc. <noreply@example.com>",
    '"Acme, Inc." <noreply@example.com>',
    "M\xfcller & S\xf6hne <noreply@b\xfccher.example>",
]


@pytest.mark.parametrize("sender", USABLE)
def test_usable_sender_passes_and_a_mail_carries_it(production, sender: str) -> None:
    production.DEFAULT_FROM_EMAIL = senders.normal(sender)
    assert ids() == set()
    name, address = parseaddr(sanitize_address(email.sender(), "utf-8"))
    assert name
    assert address.isascii()
    assert address.count("@") == 1
