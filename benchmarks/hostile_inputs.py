"""What hostile text costs wherever a regular expression reads a client's bytes.

`python -m benchmarks.hostile_inputs` gives each reader text that makes careless patterns backtrack,
and the same text four times as long. A linear reader takes four times as long, and one that cuts or
refuses long text takes no longer. A quadratic one would take sixteen times as long.
"""

# ruff: noqa: E402 Django is set up before its models are imported.

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict, parse_cookie
from django.utils.text import smart_split

from accounts.csv_import import numbers as imported_numbers
from accounts.csv_import.reading import LONGEST_CELL
from accounts.forms.login_names import login_name_field
from accounts.models import User
from accounts.people import links, validators
from mfa.admin.base import queries
from mfa.channels.twilio import receipts
from mfa.client import client_of
from mfa.models import plain_text
from mfa.rules import codes, emails, login_names, looks, phone_numbers, recovery
from mfa.rules.login_names import LoginWith
from mfa.search import numbers
from mfa.sessions import devices
from portal import bodies, logs, middleware, workers

LENGTH, TIMES = 8_000, 4
# Between linear (4) and quadratic (16)
MOST = 8.0
# Below a millisecond the clock is too coarse, and an attacker gains nothing.
SHORT = 0.001
# Text that makes careless patterns backtrack
PIECES = (
    *(
        "1",
        "a",
        "A",
        "-",
        ".",
        "@",
        "/",
        "+",
        " ",
        "=",
        '"',
        "\\",
        "%2F",
        "://",
        "é1",
        "\u0663",
        "<",
        "\u00fc.",
    ),
    *("1.@", "a@", "a@b.", "1,", "1 x", "1\t", "+1", "+12+12", "[1]:1", "]:", "a:a:a|", "aA1-"),
    *("\u200b", "\u00a0", "\uff0b\uff11", "/password/reset/", "ab ", "x1,,, ", "a.1", "<@>"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One reader, its slowest text, its seconds, and how many times longer TIMES as much takes."""

    reader: str
    piece: str
    seconds: float
    ratio: float

    @property
    def holds(self) -> bool:
        """Whether the time grows at most slightly faster than the text."""
        return self.ratio < MOST


def _request(**headers: str) -> HttpRequest:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "192.0.2.1", **headers}
    return request


def _known_browser(text: str) -> None:
    request = _request()
    request.COOKIES = {devices.cookie_name(): text}
    devices.count_of(request, User(pk=1))


def _receipt(text: str) -> None:
    form = QueryDict(mutable=True)
    form.update({"MessageStatus": "failed", "To": text, "AccountSid": "AC", "ErrorCode": text})
    form["MessageSid"] = text
    receipts.read(form, "AC")
    receipts.signed(receipts.url_of(UUID(int=1)), form, text, ["token"])


def _username(text: str) -> None:
    User._meta.get_field("username").run_validators(text)  # noqa: SLF001


READERS: dict[str, Callable[[str], object]] = {
    "log: message": logs.message_of,
    "log: traceback": logs.traceback_of,
    "log: redaction without the cut": logs.redact,
    "request id": middleware.ID.fullmatch,
    "announced length": bodies.LENGTH.fullmatch,
    "whole request": lambda text: workers.is_whole(text.encode()),
    "user agent": lambda text: client_of(_request(HTTP_USER_AGENT=text)).device,
    "address of a proxy": lambda text: client_of(_request(REMOTE_ADDR=text)),
    "cookies": parse_cookie,
    "cookie of a known browser": _known_browser,
    "email, as long as it may be": lambda text: emails.normalize(text[: emails.LONGEST_SPELLING]),
    "number in a file": lambda text: imported_numbers.read(
        text[:LONGEST_CELL], imported_numbers.Reader("GB")
    ),
    "tail of a link": links.parts_of,
    "login email": login_name_field(LoginWith.EMAIL).clean,
    "username": _username,
    "username, as long as it may be": lambda text: login_names.normalize(
        text[: emails.LONGEST_SPELLING]
    ),
    "name": User._meta.get_field("full_name").run_validators,  # noqa: SLF001
    "password": validators.GuessingValidator().validate,
    "password, as long as it may be": lambda text: validators.GuessingValidator().validate(
        text[: validators.LONGEST]
    ),
    "names beside a password": lambda text: validators._names(User(full_name=text)),  # noqa: SLF001
    "phone": lambda text: phone_numbers.read(text, home_region="GB"),
    "phone, as long as it may be": lambda text: phone_numbers.read(
        text[: phone_numbers.LONGEST_SPELLING], home_region="GB"
    ),
    "code": codes.normalize,
    "recovery code": recovery.normalize,
    "receipt": _receipt,
    "text that staff write": plain_text.unlinked,
    "name of the portal": looks.PLAIN.fullmatch,
    "order of an admin list": queries.ORDER.fullmatch,
    "page of an admin list": queries.PAGE.fullmatch,
    "search of the administration": lambda text: (
        list(smart_split(text)),
        numbers.NUMBER.fullmatch(text),
        re.sub(r"[^0-9]", "", text),
    ),
}
# These read an operator's settings once, at the start.
SETTINGS = {
    "portal.addresses",
    "portal.dotenv",
    "portal.env",
    "portal.senders",
    "portal.services",
    "portal.settings",
}
# Every other regular expression: the reader above that runs it, or whose text it sees instead
PATTERNS = {
    "mfa.forms.emails.validate": "login email",
    "accounts.csv_import.numbers.ROUNDED": "number in a file",
    "accounts.csv_import.numbers.WHOLE": "number in a file",
    "accounts.csv_import.numbers.AS_FORMULA": "number in a file",
    "accounts.csv_import.numbers.SEVERAL": "number in a file",
    "accounts.people.strength.YEAR": "password, as long as it may be",
    "accounts.people.validators._names": "names beside a password",
    "accounts.people.links.PARTS": "tail of a link",
    "accounts.models.usernames.validate": "username",
    "mfa.admin.audit.AuditEventAdmin": "support's, anchored and one class of at most 18 digits",
    "mfa.management.commands.why._verdict": "an operator's",
    "mfa.channels.twilio.account.ACCOUNT_ID": "an administrator's, anchored and of fixed length",
    "mfa.channels.twilio.account.MESSAGING_SERVICE": "an administrator's, of fixed length",
    "mfa.sessions.devices.PART": "cookie of a known browser",
    "mfa.sessions.phones.TOKEN": "cookie of a phone, of fixed length",
    "mfa.channels.twilio.receipts.MESSAGE_ID": "receipt",
    "mfa.channels.twilio.receipts.CODE": "receipt",
    "mfa.management.commands.test_email.Command": "an operator's",
    "portal.management.commands.new_push_key.LINE": "settings file",
    "mfa.models.plain_text.AT": "text that staff write",
    "mfa.models.plain_text.BREAKS": "text that staff write",
    "mfa.rules.looks.PLAIN": "name of the portal",
    "mfa.rules.looks.HEX_COLOR": "an administrator's, of fixed length",
    "mfa.client.WITH_PORT": "address of a proxy",
    "mfa.rules.phone_numbers.EXTENSION": "phone, as long as it may be",
    "mfa.rules.phone_numbers.COUNTRY_AGAIN": "phone, as long as it may be",
    "mfa.rules.phone_numbers.DIALLED": "phone, as long as it may be",
    "mfa.search.numbers.NUMBER": "support's, one class of at most 254 characters",
    "mfa.search.numbers.owners": "support's, one class of at most 254 characters",
    "mfa.admin.base.queries.ORDER": "order of an admin list",
    "mfa.admin.base.queries.PAGE": "page of an admin list",
    "mfa.rules.plans.renewed": "phone, as long as it may be",
    "portal.demo.views.CODE": "the demo's own messages",
    "portal.bodies.LENGTH": "announced length",
    "portal.workers.LENGTH": "whole request",
    "portal.logs.SECRETS": "log: redaction without the cut",
    "portal.middleware.ID": "request id",
}


def main() -> None:
    """Measure and print."""
    print(f"{LENGTH} characters, and {TIMES} times as many\n")
    print("| reader | slowest text | ms | times as long | |\n|---|---|---|---|---|")
    for row in run():
        verdict = "holds" if row.holds else "**BROKEN**"
        took = f"{row.seconds * 1000:.2f} | {row.ratio:.1f}"
        print(f"| {row.reader} | {row.piece!r} | {took} | {verdict} |")


def run() -> list[Row]:
    """Measure each reader with each piece. Keep the worst."""
    return [worst(name, read) for name, read in READERS.items()]


def worst(name: str, read: Callable[[str], object]) -> Row:
    """Return the most expensive piece, by growth and then by time."""
    rows = [row_of(name, read, piece) for piece in PIECES]
    return max(rows, key=lambda row: (not row.holds, row.seconds))


def row_of(name: str, read: Callable[[str], object], piece: str) -> Row:
    """Measure one reader with one piece of text, repeated."""
    once, often = (_seconds(read, _text(piece, LENGTH * times)) for times in (1, TIMES))
    return Row(name, piece, once, often / once if often > SHORT else 1.0)


def _text(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]


def _seconds(read: Callable[[str], object], text: str) -> float:
    """Return the shortest of three CPU times, so that other programs do not count."""
    return max(min(_once(read, text) for _ in range(3)), 1e-6)


def _once(read: Callable[[str], object], text: str) -> float:
    start = time.thread_time()
    with suppress(ValidationError):
        read(text)
    return time.thread_time() - start


if __name__ == "__main__":
    main()
