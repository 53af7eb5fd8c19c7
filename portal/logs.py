"""Logs: one line a record, as JSON or as text, with the request's id and nothing personal (LO-02).

What a record says of an event stands in the fields below; everything else that a library may write
passes through `redact`, the last net under rules that already keep secrets out.
"""

import json
import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType

from mfa.tracing import current

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
# What audit and deliveries tell of themselves (LO-01), and nothing else that a record carries
FIELDS = ("event", "user", "method", "aal", "audit", "delivery", "channel", "state", "reason")
# No honest message is longer; of a traceback the end says what broke.
LONGEST, LONGEST_TRACEBACK = 4_000, 20_000
# Pages whose address carries the token of a link, or the id of a receipt
HIDDEN_PATHS = ("/password/reset/", "/me/email/", "/me/warning/", "/hooks/twilio/")
# Each pattern runs in linear time: it begins only where a word begins, so a word is read once.
SECRETS = (
    # Also inside the query of another address, where slashes are escaped
    (
        re.compile(
            "(" + "|".join(HIDDEN_PATHS).replace("/", "(?:/|%2F)") + r")[^\s\"'<>]+",
            re.IGNORECASE,
        ),
        r"\1…",
    ),
    (re.compile(r"://[^\s/@]+@"), "://…@"),
    (re.compile(r"(?:\+|%2B)\d{7,15}", re.IGNORECASE), "+…"),
    (
        re.compile(r"(?<![^\s@<>\"'=(,:/…])[^\s@<>\"'=(,:/…]+@[\w.-]+\.[^\W\d_]{2,}"),
        "…@…",
    ),
    # Tokens: long, with a digit and a capital letter, or without any separator
    (re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{20,}"), "…"),
    (re.compile(r"(?<![^\W_])(?=[^\W_]*\d)[^\W_]{20,}"), "…"),
)


def redact(text: str) -> str:
    """Replace what looks like a number, a mail address, a token or a password in an address."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


def message_of(text: str) -> str:
    """Return the start of a message, redacted."""
    return redact(_start(text))


def traceback_of(text: str) -> str:
    """Return the end of a traceback, redacted."""
    return redact(_start(text[::-1], LONGEST_TRACEBACK)[::-1])


def _start(text: str, longest: int = LONGEST) -> str:
    """Cut at a space or line end: half a number or half an address is not recognized as one."""
    if len(text) <= longest:
        return text
    whole = text[:longest].rsplit(maxsplit=1)
    return whole[0] if len(whole) > 1 else ""


def request_id(record: logging.LogRecord) -> str:
    """Return the id of the request; Django speaks of a refused one when it is over already."""
    return current.get() or getattr(getattr(record, "request", None), "request_id", "")


class RefusedRequests(logging.Filter):
    """Makes one warning line of a request that Django refuses: a client's fault has no traceback.

    Django logs an unknown Host, an unreadable body and the like as errors of its own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass the record on."""
        refused = getattr(record, "status_code", 0) == HTTPStatus.BAD_REQUEST
        if refused and record.name.startswith(("django.security", "django.request")):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


class LineFormatter(logging.Formatter):
    """For people: time, level, logger, request id, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the lines of a traceback."""
        # A copy: another handler's formatter may have kept its own text of the traceback.
        line = logging.makeLogRecord(vars(record))
        line.request_id, line.exc_text = request_id(record) or "-", None
        return super().format(line)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 the library's name
        """Redact the message alone: the request's id must stay readable."""
        record.message = message_of(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 the library's name
        """Redact the traceback."""
        return traceback_of(super().formatException(ei))


class JsonFormatter(logging.Formatter):
    """For machines: one object a line; no line break inside begins a record (WB-04)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        said = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request": request_id(record),
            "message": message_of(record.getMessage()),
            **{name: vars(record)[name] for name in FIELDS if name in vars(record)},
        }
        if record.exc_info:
            said["traceback"] = traceback_of(self.formatException(record.exc_info))
        return json.dumps({name: value for name, value in said.items() if value not in ("", None)})
