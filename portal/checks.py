"""System checks of the settings: errors that prevent a start, and warnings.

DEBUG and DEMO are for a local machine. Checks that concern only public servers skip them.
"""

import os
from collections.abc import Iterator
from ipaddress import ip_network

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register
from django.http.request import validate_host

from portal import senders
from portal.addresses import is_loopback

# Django's deployment check warns below 50. Below 32, a key can be guessed from one signature.
SHORTEST_SECRET = 32
# 144 bits in base64, short enough to paste into a scraper's configuration
SHORTEST_TOKEN = 24
FEWEST_DIFFERENT = 5
# No proxy's network is a 256th of the IPv4 internet, or of the IPv6 providers.
WIDEST_NETWORK = {4: 8, 6: 16}
SQLITE, MEMORY = "django.db.backends.sqlite3", "django.core.cache.backends.locmem.LocMemCache"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
W017 = "portal.W017"
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


@register(Tags.security)
def check_secrets(**_: object) -> list[CheckMessage]:
    """Refuse short or repetitive secrets (DT-01)."""
    secrets = {
        "SECRET_KEY": ([settings.SECRET_KEY], SHORTEST_SECRET),
        "SECRET_KEY_FALLBACKS": (settings.SECRET_KEY_FALLBACKS, SHORTEST_SECRET),
        "METRICS_TOKEN": ([token] if (token := settings.METRICS_TOKEN) else [], SHORTEST_TOKEN),
    }
    return [
        Error(
            f"{name} is too easy to guess. It needs at least {shortest} characters, and at least"
            f" {FEWEST_DIFFERENT} different ones.",
            hint='To make one, run: python -c "import secrets; print(secrets.token_urlsafe(50))"',
            id="portal.E010",
        )
        for name, (values, shortest) in secrets.items()
        if any(len(value) < shortest or _dull(value) for value in values)
    ]


@register
def check_spelling(**_: object) -> list[CheckMessage]:
    """Warn about lines in the settings file that look like a misspelled setting."""
    return [
        Caution(f"The settings file contains {name}, which is not a setting. Use {meant}?", id=W017)
        for name, meant in settings.MISSPELLED.items()
    ]


@register
def check_moved(**_: object) -> list[CheckMessage]:
    """Warn about settings that are now in the Account Policy."""
    return [
        Caution(
            f"{name} has moved to Security > Account Policy, and its value here has no effect.",
            hint="Change it there, and remove it from the settings file.",
            id="portal.W018",
        )
        for name, value in settings.MOVED_TO_POLICY.items()
        if value
    ]


@register(Tags.security)
def check_senders(**_: object) -> list[CheckMessage]:
    """Refuse invalid sender and recipient addresses."""
    return [
        Error(f"{name} {senders.NO_MAIL}.", id="portal.E018")
        for name, addresses in _mail_addresses().items()
        if not all(map(senders.is_usable, addresses))
    ]


def _mail_addresses() -> dict[str, list[str]]:
    return {
        "DEFAULT_FROM_EMAIL": [settings.DEFAULT_FROM_EMAIL],
        "SERVER_EMAIL": [settings.SERVER_EMAIL],
        "ADMINS": [str(each[1]) for each in settings.ADMINS],
        "MANAGERS": [str(each[1]) for each in settings.MANAGERS],
    }


@register(Tags.security)
def check_encryption_keys(**_: object) -> list[CheckMessage]:
    """Refuse missing, malformed or repetitive encryption keys."""
    keys = settings.ENCRYPTION_KEYS
    if keys and not any(_dull(key) or not _is_fernet(key) for key in keys):
        return []
    return [
        Error(
            "ENCRYPTION_KEYS must hold one or more Fernet keys, comma-separated.",
            hint='To make one, run: python -c "from cryptography.fernet import Fernet; '
            'print(Fernet.generate_key().decode())"',
            id="portal.E011",
        )
    ]


@register(Tags.security)
def check_distinct(**_: object) -> list[CheckMessage]:
    """Refuse the same secret for two purposes (DT-01): a leak of one would expose both."""
    jobs: list[set[str]] = [
        {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS},
        set(settings.ENCRYPTION_KEYS),
        {settings.METRICS_TOKEN} - {""},
    ]
    if len(set().union(*jobs)) == sum(map(len, jobs)):
        return []
    return [
        Error(
            "The secret keys, ENCRYPTION_KEYS and METRICS_TOKEN share a value.",
            hint="Use a different value for each.",
            id="portal.E012",
        )
    ]


@register(Tags.security)
def check_base_url(**_: object) -> list[CheckMessage]:
    """Refuse a public address without TLS (WB-05): passwords and codes would be unencrypted."""
    if settings.HTTPS or not _is_public():
        return []
    if not is_loopback(settings.HOST):
        words = "BASE_URL is a public address without TLS."
        return [Error(words, hint="Set it to https://…", id="portal.E013")]
    return []


@register(Tags.security)
def check_web_concurrency(**_: object) -> list[CheckMessage]:
    """Report an empty setting that makes gunicorn crash before it reads its own file."""
    if not _is_public() or os.environ.get("WEB_CONCURRENCY", "1").strip():
        return []
    words = "WEB_CONCURRENCY is empty in the environment, so gunicorn cannot start."
    return [Error(words, hint="Set it to a number, or remove the line.", id="portal.E019")]


@register(Tags.security)
def check_debug(**_: object) -> list[CheckMessage]:
    """Refuse DEBUG on a public server (DT-04): its error pages show code and settings."""
    if not (settings.DEBUG and settings.HTTPS):
        return []
    return [
        Error("DEBUG is on although BASE_URL is https.", hint="Set DEBUG=off.", id="portal.E017")
    ]


@register(Tags.security, deploy=True)
def check_base_url_is_public(**_: object) -> list[CheckMessage]:
    """Warn if BASE_URL is this machine."""
    if settings.HTTPS or not _is_public() or not is_loopback(settings.HOST):
        return []
    words = "BASE_URL points to this machine: emailed links do not work, and cookies lack Secure."
    return [Caution(words, hint="Set it to the public https address.", id="portal.W010")]


@register(Tags.security)
def check_hosts(**_: object) -> list[CheckMessage]:
    """Refuse host patterns, and a list without the portal's own host (WB-05)."""
    hosts = settings.ALLOWED_HOSTS
    if not _is_public():
        return []
    if any("*" in host or host.startswith(".") for host in hosts):
        words = "ALLOWED_HOSTS must name each host in full, without * and without a leading dot."
        return [Error(words, id="portal.E014")]
    if not validate_host(settings.HOST, hosts):
        words = "ALLOWED_HOSTS does not contain the host of BASE_URL."
        return [
            Error(
                words, hint="Leave ALLOWED_HOSTS empty to allow only that host.", id="portal.E015"
            )
        ]
    return []


@register(Tags.security)
def check_proxies_are_few(**_: object) -> list[CheckMessage]:
    """Refuse to trust everyone as a proxy (LG-08): a forged address has no limits."""
    if not any(map(_is_wide, settings.TRUSTED_PROXIES)):
        return []
    words = "TRUSTED_PROXIES contains such a large network that it trusts strangers."
    hint = "Enter only the addresses of your own reverse proxies."
    return [Error(words, hint=hint, id="portal.E016")]


@register(Tags.security, deploy=True)
def check_tls_ends_somewhere(**_: object) -> list[CheckMessage]:
    """Warn if no proxy can report TLS: every page would redirect to itself."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        Caution(
            "BASE_URL is https, but TRUSTED_PROXIES is empty. Behind a proxy, every page would"
            " redirect to itself, and everyone would share one IP address.",
            hint="Add your reverse proxy's address to TRUSTED_PROXIES. Let the proxy set"
            " X-Forwarded-For and X-Forwarded-Proto.",
            id="portal.W011",
        )
    ]


@register(Tags.security, deploy=True)
def check_services(**_: object) -> list[CheckMessage]:
    """Warn about services that work only on a single machine, or not at all."""
    return list(_weak_services()) if _is_public() else []


def _weak_services() -> Iterator[CheckMessage]:
    if settings.CACHES["default"]["BACKEND"] == MEMORY:
        words = "The processes share no cache."
        yield Caution(words, hint="Set REDIS_URL.", id="portal.W012")
    if settings.DATABASES["default"]["ENGINE"] == SQLITE and settings.WEB_CONCURRENCY > 1:
        words = "Several web processes write to one SQLite file and wait for each other."
        yield Caution(words, hint="Set DATABASE_URL to PostgreSQL.", id="portal.W013")
    if settings.EMAIL_BACKEND == NO_MAIL:
        words = "There is no mail server: no notices, password resets or codes by email."
        yield Caution(words, hint="Set EMAIL_URL.", id="portal.W014")
    if settings.EMAIL_BACKEND == SMTP and not _is_mail_private():
        words = "Emails go to the mail server unencrypted: others can read codes and links."
        yield Caution(words, hint="Use smtp+tls:// or smtp+ssl://.", id="portal.W015")
    if not settings.METRICS_TOKEN:
        words = "METRICS_TOKEN is empty: /metrics responds only to this machine."
        yield Caution(words, hint="Set it, and enter it in your metrics scraper.", id="portal.W016")


def _is_public() -> bool:
    return not (settings.DEBUG or settings.DEMO)


def _is_mail_private() -> bool:
    tls = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    return tls or is_loopback(settings.EMAIL_HOST)


def _dull(secret: str) -> bool:
    return len(set(secret)) < FEWEST_DIFFERENT


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _is_wide(proxy: str) -> bool:
    try:
        network = ip_network(proxy, strict=False)
    except ValueError:
        # mfa.E003 reports it.
        return False
    return network.prefixlen < WIDEST_NETWORK[network.version]
