"""Logs: one line per record, as JSON or text, with the request's id and no personal data (LO-02).

Details of events are in the fields below. Everything else that a library may write passes through
`redact`, as a second safety net: other rules already keep secrets out.
"""

import json
import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType

from mfa.request_id import current

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
# The fields of audit and deliveries (LO-01). Other attributes of a record are left out.
FIELDS = ("event", "user", "method", "aal", "audit", "delivery", "channel", "state", "reason")
# Normal messages are shorter. The end of a traceback shows the error.
LONGEST, LONGEST_TRACEBACK = 4_000, 20_000
# Pages whose URL contains a link's token, or a receipt's id
HIDDEN_PATHS = (
    "/password/reset/",
    "/me/email/",
    "/me/recovery-email/",
    "/me/warning/",
    "/me/not-me/",
    "/recover/stop/",
    "/pass/confirm/",
    "/invitation/",
    "/hooks/",
    "/approve/",
)
# Each pattern needs linear time: it starts only at the start of a word, so each word is read once.
SECRETS = (
    # Also inside the query of another URL, where slashes are escaped
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
    # Tokens: long, and with a digit and a capital letter, or without separators
    (re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{20,}"), "…"),
    (re.compile(r"(?<![^\W_])(?=[^\W_]*\d)[^\W_]{20,}"), "…"),
)


def redact(text: str) -> str:
    """Replace what looks like a number, an email address, a token, or a password in a URL."""
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
    """Cut at a space or line end, because half a number or address would not be redacted."""
    if len(text) <= longest:
        return text
    whole = text[:longest].rsplit(maxsplit=1)
    return whole[0] if len(whole) > 1 else ""


def request_id(record: logging.LogRecord) -> str:
    """Return the request's id. Django logs a refused request after it has ended."""
    return current.get() or getattr(getattr(record, "request", None), "request_id", "")


class RefusedRequests(logging.Filter):
    """Logs a refused request as one warning line without a traceback, because the client caused it.

    Django logs an unknown Host, an unreadable body and similar as errors.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record on."""
        refused = getattr(record, "status_code", 0) == HTTPStatus.BAD_REQUEST
        if refused and record.name.startswith(("django.security", "django.request")):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


class LineFormatter(logging.Formatter):
    """The format for people: time, level, logger, request id, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the lines of a traceback."""
        # A copy, because another handler's formatter may have stored its own traceback.
        line = logging.makeLogRecord(vars(record))
        line.request_id, line.exc_text = request_id(record) or "-", None
        return super().format(line)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 the library's name
        """Redact only the message, so the request's id stays readable."""
        record.message = message_of(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 the library's name
        """Redact the traceback."""
        return traceback_of(super().formatException(ei))


class JsonFormatter(logging.Formatter):
    """The format for machines: one object per line. Line breaks in values are escaped (WB-04)."""

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
