"""The checks of `manage.py doctor`: the parts of an installation, and what is wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import islice

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.people import imported_hashes, registration
from accounts.people.spellings import misspelled
from mfa import channels, crypto, metrics
from mfa.channels import webpush
from mfa.channels.base import DeliveryError, Finding
from mfa.factors import push
from mfa.fraud import watch
from mfa.management.commands.reencrypt import places, tokens
from mfa.messages import alerts
from mfa.metrics import Name
from mfa.models import Factor, SitePolicy, SmsAccount
from mfa.rules import looks
from mfa.rules.methods import ChannelName
from portal import readiness, senders

# Codes depend on the clock: an authenticator app's step is 30 s.
FASTEST_CLOCK = timedelta(seconds=5)
# People repair about this many before they look again.
MOST_NAMED = 20
# The worker counts every 15 s.
LONGEST_SILENCE = timedelta(minutes=2)


class Health(IntEnum):
    """The severity of a finding. The worst one is the exit code."""

    WELL = 0
    WEAK = 1
    ILL = 2


@dataclass(frozen=True, slots=True)
class Examined:
    """The finding for one part of the portal."""

    part: str
    health: Health
    words: str


def examine() -> Iterator[Examined]:
    """Check all parts. Without a database, the parts that need it are left out."""
    yield from _settings()
    parts = list(readiness.parts())
    # Readiness checks some keys. `_keys` checks everything that is stored.
    for part in (part for part in parts if part.name != "keys"):
        health = Health.ILL if part.fault else Health.WELL
        yield Examined(part.name, health, part.fault or "available")
    if any(part.fault for part in parts if part.name in {"database", "migrations"}):
        return
    yield from _keys()
    yield from _emails()
    yield from _recipients()
    yield from _mail()
    texts = list(_sms())
    yield from texts
    if any(found.health is Health.ILL for found in texts):
        yield from _only_texts()
    yield from _phones()
    yield from _staff()
    yield from _name()
    yield _clock()
    yield _addresses()
    yield _imported()
    yield from _worker()


def _settings() -> Iterator[Examined]:
    found = run_checks(include_deployment_checks=True)
    for message in found:
        health = Health.ILL if message.level >= ERROR else Health.WEAK
        yield Examined("settings", health, f"{message.msg} ({message.id})")
    if not found:
        yield Examined("settings", Health.WELL, "all checks passed")


def _keys() -> Iterator[Examined]:
    """Report whether all stored secrets can be decrypted, and how many wait for `reencrypt`."""
    former = lost = 0
    for place in places():
        for _pk, token in tokens(place):
            try:
                former += not crypto.is_current(token)
            except InvalidToken:
                lost += 1
    if lost:
        yield Examined(
            "keys",
            Health.ILL,
            f"{lost} stored values cannot be decrypted with any of ENCRYPTION_KEYS",
        )
    if former:
        words = f"{former} stored values use an old key. Run manage.py reencrypt"
        yield Examined("keys", Health.WEAK, words)
    if settings.SECRET_KEY_FALLBACKS:
        words = "SECRET_KEY_FALLBACKS is set. Remove it one day after the rotation"
        yield Examined("keys", Health.WEAK, words)
    if not (lost or former or settings.SECRET_KEY_FALLBACKS):
        yield Examined("keys", Health.WELL, "all stored values can be decrypted")


def _emails() -> Iterator[Examined]:
    """List people, by primary key, whose stored email is not in its normal form."""
    found = list(islice(misspelled(), MOST_NAMED))
    for row in found:
        if row.twin:
            words = f"person {row.pk} has the same address as person {row.twin}. Keep one of them"
        elif row.locked_out:
            words = f"person {row.pk} cannot log in: the email is not stored in its normal form"
        else:
            words = f"person {row.pk} gets no email: the address has unsupported characters"
        yield Examined("emails", Health.ILL if row.locked_out else Health.WEAK, words)
    if not found:
        yield Examined("emails", Health.WELL, "all are in their normal form")


def _recipients() -> Iterator[Examined]:
    """Report undeliverable addresses of alert recipients and of the contact."""
    alerted = alerts.administrators()
    if alerted and not any(senders.is_usable(person.email) for person in alerted):
        words = "no administrator has a usable email address, so no one gets alerts"
        yield Examined("alerts", Health.ILL, words)
    contact = SitePolicy.load().contact
    if "@" in contact and not any(map(senders.is_usable, _words(contact))):
        words = "the contact is not a usable email address. Change it in Security > Account Policy"
        yield Examined("contact", Health.WEAK, words)


def _words(text: str) -> list[str]:
    return [text, *(word.strip(".,;:()<>") for word in text.split())]


def _mail() -> Iterator[Examined]:
    if not channels.available(ChannelName.EMAIL):
        if registration.is_open_somewhere():
            words = "is open, but no email can be sent, so no one can register. Set EMAIL_URL"
            yield Examined("registration", Health.ILL, words)
        return
    yield from _asked("mail", ChannelName.EMAIL)


def _sms() -> Iterator[Examined]:
    account = SmsAccount.load()
    if settings.SMS_PROXY_URL:
        host = settings.SMS_PROXY_URL.rpartition("@")[2].rpartition("://")[2].strip("/")
        yield Examined("proxy", Health.WELL, f"texts are sent through {host}")
    if settings.SMS_REDACT and account.unredacted:
        words = "the provider keeps texts although SMS_REDACT is on. Ask it to enable redaction"
        yield Examined("sms account", Health.WEAK, words)
    if account.complete:
        yield from _asked("sms account", ChannelName.SMS)
        return
    if account.token_lost:
        words = "the token cannot be decrypted with any of ENCRYPTION_KEYS, so no texts are sent"
        yield Examined("sms account", Health.ILL, words)
        return
    health = Health.ILL if SitePolicy.load().enabled else Health.WEAK
    yield Examined("sms account", health, "not set up. Enter it in Security > Account Policy")


def _only_texts() -> Iterator[Examined]:
    """Count the people who cannot log in while no texts are sent (pol4)."""
    if people := _only_by(Factor.Kind.PHONE):
        words = f"people whose only verification method is a phone: {people}"
        yield Examined("sms account", Health.ILL, words)


def _only_by(kind: str) -> int:
    held = Factor.objects.usable()
    others = held.exclude(kind=kind).values("user")
    alone = held.filter(user__is_active=True).exclude(user__in=others)
    return alone.values("user").distinct().count()


def _no_push_key() -> Iterator[Examined]:
    """Report who could approve only on a phone, while the portal cannot ask phones."""
    conflict = SitePolicy.load().conflict
    if conflict and conflict.error.field == "ready":
        yield Examined("approval", Health.ILL, str(conflict))
    if people := _only_by(Factor.Kind.PUSH):
        words = f"VAPID_PRIVATE_KEY is empty. People whose only method is approval: {people}"
        yield Examined("approval", Health.ILL, words)


def _phones() -> Iterator[Examined]:
    """Report phones that get no requests, for instance after a new VAPID_PRIVATE_KEY (push4)."""
    if not webpush.is_on():
        yield from _no_push_key()
        return
    waiting = push.to_visit()
    words = "all phones get requests"
    if waiting:
        words = f"{waiting} phones get no requests until their owners open the portal on them"
    yield Examined("approval", Health.WEAK if waiting else Health.WELL, words)


def _staff() -> Iterator[Examined]:
    if since := SitePolicy.load().staff_released_at:
        words = f"MFA for staff is off since {since:%Y-%m-%d}. Run manage.py staff_mfa on"
        yield Examined("staff", Health.WEAK, words)


def _name() -> Iterator[Examined]:
    if SitePolicy.load().portal_name == looks.FIRST_NAME:
        words = f"is still {looks.FIRST_NAME}. Change it in Security > Account Policy"
        yield Examined("name", Health.WEAK, words)


def _asked(part: str, channel: ChannelName) -> Iterator[Examined]:
    way = channels.get(channel)
    try:
        findings = way.check()
    except DeliveryError as error:
        findings = [Finding(good=False, text=way.explain(error.reason, error.code))]
    for finding in findings:
        yield Examined(part, Health.WELL if finding.good else Health.ILL, finding.text)


def _clock() -> Examined:
    """Compare with the database's clock, which is usually on another machine (LO-03)."""
    if connection.vendor != "postgresql":
        return Examined("clock", Health.WELL, f"shows {timezone.now():%Y-%m-%d %H:%M:%S} UTC")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            theirs: datetime = cursor.fetchone()[0]
    except DatabaseError:
        return Examined("clock", Health.WEAK, "could not be compared")
    apart = abs(timezone.now() - theirs)
    words = f"{apart.total_seconds():.0f} s apart from the database's clock. Set both with NTP"
    if apart > FASTEST_CLOCK:
        return Examined("clock", Health.ILL, words)
    return Examined("clock", Health.WELL, "agrees with the database")


def _imported() -> Examined:
    """Report how many imported password hashes are left, which slow down each login."""
    if left := imported_hashes.remaining():
        words = f"{left} imported hashes left. Each is deleted 90 days after its import"
        return Examined("passwords", Health.WELL, words)
    return Examined("passwords", Health.WELL, "all are hashed by this portal")


def _addresses() -> Examined:
    """Warn about a proxy that hides all clients behind its own address."""
    if address := watch.one_address():
        words = (
            f"95 % of the last hour's logins came from {address}. If it is your reverse proxy, add"
            " it to TRUSTED_PROXIES and let it set X-Forwarded-For"
        )
        return Examined("addresses", Health.WEAK, words)
    return Examined("addresses", Health.WELL, "logins come from several addresses")


def _worker() -> Iterator[Examined]:
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return
    counted = metrics.read()[Name.MARK].get(("at",), 0)
    silence = timedelta(seconds=timezone.now().timestamp() - counted)
    if silence <= LONGEST_SILENCE:
        yield Examined("worker", Health.WELL, "worker and beat are running")
        return
    since = f"for {silence.total_seconds():.0f} s" if counted else "yet"
    yield Examined(
        "worker", Health.ILL, f"not active {since}. Check that worker and beat are running"
    )
