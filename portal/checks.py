"""System checks of the operator's settings: what must not start, and what deserves a warning.

DEBUG and DEMO are for one's own machine: what is only unsafe in public is checked without them.
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register
from django.http.request import validate_host

from portal import senders

# Django's own deployment check warns under 50; under 32 a key can be guessed from one signature.
SHORTEST_SECRET = 32
# 144 bits in base64, and few enough to be pasted into a scraper's configuration
SHORTEST_TOKEN = 24
FEWEST_DIFFERENT = 5
# A proxy's network is never a 256th of the internet (IPv4), or of its providers (IPv6).
WIDEST_NETWORK = {4: 8, 6: 16}
LOOPBACK_NAMES = {"localhost"}
SQLITE, MEMORY = "django.db.backends.sqlite3", "django.core.cache.backends.locmem.LocMemCache"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
W017 = "portal.W017"
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


@register(Tags.security)
def check_secrets(**_: object) -> list[CheckMessage]:
    """Refuse secrets that are short or dull (DT-01)."""
    secrets = {
        "SECRET_KEY": ([settings.SECRET_KEY], SHORTEST_SECRET),
        "SECRET_KEY_FALLBACKS": (settings.SECRET_KEY_FALLBACKS, SHORTEST_SECRET),
        "METRICS_TOKEN": ([token] if (token := settings.METRICS_TOKEN) else [], SHORTEST_TOKEN),
    }
    return [
        Error(
            f"{name} has a value that can be guessed: under {shortest} characters, or"
            f" fewer than {FEWEST_DIFFERENT} different ones.",
            hint='python -c "import secrets; print(secrets.token_urlsafe(50))" makes a good one.',
            id="portal.E010",
        )
        for name, (values, shortest) in secrets.items()
        if any(len(value) < shortest or _dull(value) for value in values)
    ]


@register
def check_spelling(**_: object) -> list[CheckMessage]:
    """Warn of lines in the settings file that look like a setting and are none."""
    return [
        Caution(f"The settings file names {name}, which is no setting: is {meant} meant?", id=W017)
        for name, meant in settings.MISSPELLED.items()
    ]


@register(Tags.security)
def check_senders(**_: object) -> list[CheckMessage]:
    """Refuse a sender or recipient that no mail can carry."""
    return [
        Error(f"{name}: {senders.NO_MAIL}.", id="portal.E018")
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
    """Refuse encryption keys that are missing, misshapen or dull."""
    keys = settings.ENCRYPTION_KEYS
    if keys and not any(_dull(key) or not _is_fernet(key) for key in keys):
        return []
    return [
        Error(
            "ENCRYPTION_KEYS must hold one or more Fernet keys, comma-separated.",
            hint='python -c "from cryptography.fernet import Fernet; '
            'print(Fernet.generate_key().decode())" makes one.',
            id="portal.E011",
        )
    ]


@register(Tags.security)
def check_distinct(**_: object) -> list[CheckMessage]:
    """Refuse one secret for two jobs (DT-01): who learns one of them must not hold the other."""
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
            hint="Give each its own.",
            id="portal.E012",
        )
    ]


@register(Tags.security)
def check_base_url(**_: object) -> list[CheckMessage]:
    """Refuse a public address without TLS (WB-05): passwords and codes would travel in clear."""
    if settings.HTTPS or not _is_public():
        return []
    if not _is_loopback(settings.HOST):
        words = "BASE_URL is a public address without TLS."
        return [Error(words, hint="Set it to https://…", id="portal.E013")]
    return []


@register(Tags.security)
def check_debug(**_: object) -> list[CheckMessage]:
    """Refuse to debug in public (DT-04): pages of faults show code and settings."""
    if not (settings.DEBUG and settings.HTTPS):
        return []
    return [
        Error("DEBUG is on although BASE_URL is https.", hint="Set DEBUG=off.", id="portal.E017")
    ]


@register(Tags.security, deploy=True)
def check_base_url_is_public(**_: object) -> list[CheckMessage]:
    """Warn where BASE_URL was left at this machine itself."""
    if settings.HTTPS or not _is_public() or not _is_loopback(settings.HOST):
        return []
    words = "BASE_URL is this machine: links in mails lead nowhere, cookies lack Secure."
    return [Caution(words, hint="Set it to the public https address.", id="portal.W010")]


@register(Tags.security)
def check_hosts(**_: object) -> list[CheckMessage]:
    """Refuse host names by pattern, and a list without the portal's own (WB-05)."""
    hosts = settings.ALLOWED_HOSTS
    if not _is_public():
        return []
    if any("*" in host or host.startswith(".") for host in hosts):
        words = "ALLOWED_HOSTS must name each host in full, without * and without a leading dot."
        return [Error(words, id="portal.E014")]
    if not validate_host(settings.HOST, hosts):
        words = "ALLOWED_HOSTS lacks the host of BASE_URL."
        return [Error(words, hint="Leave it empty to allow just that.", id="portal.E015")]
    return []


@register(Tags.security)
def check_proxies_are_few(**_: object) -> list[CheckMessage]:
    """Refuse to trust everybody as a proxy (LG-08): who may forge an address has no limit."""
    if not any(map(_is_wide, settings.TRUSTED_PROXIES)):
        return []
    words = "TRUSTED_PROXIES holds a network so wide that it trusts strangers."
    hint = "Name the addresses of your own reverse proxies."
    return [Error(words, hint=hint, id="portal.E016")]


@register(Tags.security, deploy=True)
def check_tls_ends_somewhere(**_: object) -> list[CheckMessage]:
    """Warn where no proxy may say that TLS ended at it: each page would lead to itself."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        Caution(
            "BASE_URL is https, but TRUSTED_PROXIES is empty: behind a proxy every page would"
            " redirect to itself, and all people would share one address.",
            hint="Name your reverse proxy's address there, and let it set X-Forwarded-For and"
            " X-Forwarded-Proto.",
            id="portal.W011",
        )
    ]


@register(Tags.security, deploy=True)
def check_services(**_: object) -> list[CheckMessage]:
    """Warn of what works on one machine alone, or not at all."""
    return list(_weak_services()) if _is_public() else []


def _weak_services() -> Iterator[CheckMessage]:
    if settings.CACHES["default"]["BACKEND"] == MEMORY:
        words = "The processes share no cache."
        yield Caution(words, hint="Set REDIS_URL.", id="portal.W012")
    if settings.DATABASES["default"]["ENGINE"] == SQLITE and settings.WEB_CONCURRENCY > 1:
        words = "Several web processes write to one SQLite file, and wait for each other."
        yield Caution(words, hint="Set DATABASE_URL to PostgreSQL.", id="portal.W013")
    if settings.EMAIL_BACKEND == NO_MAIL:
        words = "There is no mail: no notices, no way to reset a password, no code by email."
        yield Caution(words, hint="Set EMAIL_URL.", id="portal.W014")
    if settings.EMAIL_BACKEND == SMTP and not _is_mail_private():
        words = "Mails travel to the mail server in clear: codes and links can be read."
        yield Caution(words, hint="Use smtp+tls:// or smtp+ssl://.", id="portal.W015")
    if not settings.METRICS_TOKEN:
        words = "METRICS_TOKEN is empty: /metrics answers only to this machine itself."
        yield Caution(words, hint="Set it, and give it to the scraper.", id="portal.W016")


def _is_public() -> bool:
    return not (settings.DEBUG or settings.DEMO)


def _is_mail_private() -> bool:
    tls = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    return tls or _is_loopback(settings.EMAIL_HOST)


def _dull(secret: str) -> bool:
    return len(set(secret)) < FEWEST_DIFFERENT


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def _is_wide(proxy: str) -> bool:
    try:
        network = ip_network(proxy, strict=False)
    except ValueError:
        # mfa.E003 says so.
        return False
    return network.prefixlen < WIDEST_NETWORK[network.version]
