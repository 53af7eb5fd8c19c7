"""The doctor's examination: each part of an installation, and what is wrong with it in words."""

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

from accounts import imports
from accounts.spellings import misspelled
from mfa import alerts, channels, encryption, tallies, watching
from mfa.channels.base import DeliveryError, Finding
from mfa.management.commands.reencrypt import places, tokens
from mfa.models import AccountPolicy
from mfa.rules.routes import ChannelName
from mfa.tallies import Name
from portal import readiness, senders

# Codes live by this clock: an authenticator app's step is 30 s.
FASTEST_CLOCK = timedelta(seconds=5)
# As many as anybody repairs before looking again
MOST_NAMED = 20
# The worker counts every 15 s.
LONGEST_SILENCE = timedelta(minutes=2)


class Health(IntEnum):
    """How bad it is; the worst one is the exit code."""

    WELL = 0
    WEAK = 1
    ILL = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One finding."""

    part: str
    health: Health
    words: str


def examine() -> Iterator[Line]:
    """Look at everything in turn; what depends on a lost database is left out."""
    yield from _settings()
    parts = list(readiness.parts())
    # Of the keys readiness tries only some: `_keys` tries all that is stored.
    for part in (part for part in parts if part.name != "keys"):
        health = Health.ILL if part.fault else Health.WELL
        yield Line(part.name, health, part.fault or "is there")
    if any(part.fault for part in parts if part.name in {"database", "migrations"}):
        return
    yield from _keys()
    yield from _emails()
    yield from _recipients()
    yield from _mail()
    yield from _sms()
    yield from _staff()
    yield _clock()
    yield _addresses()
    yield _imported()
    yield from _worker()


def _settings() -> Iterator[Line]:
    found = run_checks(include_deployment_checks=True)
    for message in found:
        health = Health.ILL if message.level >= ERROR else Health.WEAK
        yield Line("settings", health, f"{message.msg} ({message.id})")
    if not found:
        yield Line("settings", Health.WELL, "pass all checks")


def _keys() -> Iterator[Line]:
    """Say whether all that is stored can be read, and how much waits for `reencrypt`."""
    former = lost = 0
    for place in places():
        for _pk, token in tokens(place):
            try:
                former += not encryption.is_current(token)
            except InvalidToken:
                lost += 1
    if lost:
        yield Line("keys", Health.ILL, f"{lost} stored values fit none of ENCRYPTION_KEYS")
    if former:
        words = f"{former} stored values are under a former key: run manage.py reencrypt"
        yield Line("keys", Health.WEAK, words)
    if settings.SECRET_KEY_FALLBACKS:
        words = "SECRET_KEY_FALLBACKS is set: take it away a day after the rotation"
        yield Line("keys", Health.WEAK, words)
    if not (lost or former or settings.SECRET_KEY_FALLBACKS):
        yield Line("keys", Health.WELL, "read all that is stored")


def _emails() -> Iterator[Line]:
    """Name the people, by primary key, whose stored email breaks its form."""
    found = list(islice(misspelled(), MOST_NAMED))
    for row in found:
        if row.twin:
            words = f"person {row.pk} has the same address as person {row.twin}: keep one of them"
        elif row.locked_out:
            words = f"person {row.pk} cannot log in: the email is not stored in its normal form"
        else:
            words = f"person {row.pk} gets no mail: the address has letters that mail cannot carry"
        yield Line("emails", Health.ILL if row.locked_out else Health.WEAK, words)
    if not found:
        yield Line("emails", Health.WELL, "are all in their normal form")


def _recipients() -> Iterator[Line]:
    """Say who gets no mail: all who get alerts, or the contact that pages name."""
    alerted = alerts.administrators()
    if alerted and not any(senders.is_usable(person.email) for person in alerted):
        words = "reach nobody: no administrator has an address that a mail can carry"
        yield Line("alerts", Health.ILL, words)
    contact = AccountPolicy.load().contact
    if "@" in contact and not any(map(senders.is_usable, _words(contact))):
        words = "is no address that a mail can carry: Security > Account Policy"
        yield Line("contact", Health.WEAK, words)


def _words(text: str) -> list[str]:
    return [text, *(word.strip(".,;:()<>") for word in text.split())]


def _mail() -> Iterator[Line]:
    if not channels.available(ChannelName.EMAIL):
        return
    yield from _asked("mail", ChannelName.EMAIL)


def _sms() -> Iterator[Line]:
    account = AccountPolicy.load()
    if settings.SMS_PROXY_URL:
        host = settings.SMS_PROXY_URL.rpartition("@")[2].rpartition("://")[2].strip("/")
        yield Line("proxy", Health.WELL, f"texts leave by {host}")
    if settings.SMS_REDACT and account.unredacted:
        words = "keeps texts although SMS_REDACT is on: have Twilio enable Message Redaction"
        yield Line("sms account", Health.WEAK, words)
    if account.complete:
        yield from _asked("sms account", ChannelName.SMS)
        return
    if account.token_lost:
        words = "has a token that fits none of ENCRYPTION_KEYS: no text goes out"
        yield Line("sms account", Health.ILL, words)
        return
    health = Health.ILL if account.enabled else Health.WEAK
    yield Line("sms account", health, "is not entered: Security > Account Policy")


def _staff() -> Iterator[Line]:
    if since := AccountPolicy.load().staff_released_at:
        words = (
            f"follow the policy like everybody since {since:%Y-%m-%d}: run manage.py staff_mfa on"
        )
        yield Line("staff", Health.WEAK, words)


def _asked(part: str, channel: ChannelName) -> Iterator[Line]:
    way = channels.get(channel)
    try:
        findings = way.check()
    except DeliveryError as error:
        findings = [Finding(good=False, text=way.explain(error.reason, error.code))]
    for finding in findings:
        yield Line(part, Health.WELL if finding.good else Health.ILL, finding.text)


def _clock() -> Line:
    """Compare with the database's clock, on another machine as a rule (LO-03)."""
    if connection.vendor != "postgresql":
        return Line("clock", Health.WELL, f"says {timezone.now():%Y-%m-%d %H:%M:%S} UTC")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            theirs: datetime = cursor.fetchone()[0]
    except DatabaseError:
        return Line("clock", Health.WEAK, "could not be compared")
    apart = abs(timezone.now() - theirs)
    words = f"{apart.total_seconds():.0f} s from the database's: let NTP set both"
    if apart > FASTEST_CLOCK:
        return Line("clock", Health.ILL, words)
    return Line("clock", Health.WELL, "agrees with the database's")


def _imported() -> Line:
    """Say how many password hashes of another system are left, for which each login pays."""
    if left := imports.remaining():
        words = f"{left} imported hashes remain: each is dropped 90 days after its import"
        return Line("passwords", Health.WELL, words)
    return Line("passwords", Health.WELL, "are all hashed by this portal")


def _addresses() -> Line:
    """Warn of a proxy that hides all clients behind its own address."""
    if address := watching.one_address():
        words = (
            f"95 % of the last hour's logins came from {address}: if it is your reverse proxy, name"
            " it in TRUSTED_PROXIES and let it set X-Forwarded-For"
        )
        return Line("addresses", Health.WEAK, words)
    return Line("addresses", Health.WELL, "logins come from more than one address, or are few")


def _worker() -> Iterator[Line]:
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return
    counted = tallies.read()[Name.MARK].get(("at",), 0)
    silence = timedelta(seconds=timezone.now().timestamp() - counted)
    if silence <= LONGEST_SILENCE:
        yield Line("worker", Health.WELL, "works, and the beat calls it")
        return
    since = f"for {silence.total_seconds():.0f} s" if counted else "yet"
    yield Line("worker", Health.ILL, f"nothing was counted {since}: are worker and beat running?")
