"""Logs: one line a record, as JSON or as text, with the request's id and nothing personal (LO-02).

What a record says of an event stands in the fields below; everything else that a library may write
passes through `redact`, the last net under rules that already keep secrets out.
"""

import json
import logging
import re
from datetime import UTC, datetime

from mfa.tracing import current

# What audit and deliveries tell of themselves (LO-01), and nothing else that a record carries
FIELDS = ("event", "user", "method", "aal", "audit", "delivery", "channel", "state", "reason")
# Numbers as they are stored, mail addresses, and whatever is long enough to be a token in a path
SECRETS = (
    (re.compile(r"://[^\s/@]+@"), "://…@"),
    (re.compile(r"\+\d{7,15}"), "+…"),
    (re.compile(r"[^\s@<>\"'=(,:/…]+@[\w.-]+\.[A-Za-z]{2,}"), "…@…"),
    (re.compile(r"(?<=/)(?=[\w-]*\d)[\w-]{20,}"), "…"),
)


def redact(text: str) -> str:
    """Replace what looks like a number, a mail address, a token or a password in an address."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


def request_id(record: logging.LogRecord) -> str:
    """Return the id of the request; Django speaks of a refused one when it is over already."""
    return current.get() or getattr(getattr(record, "request", None), "request_id", "")


class LineFormatter(logging.Formatter):
    """For people: time, level, logger, request id, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the lines of a traceback."""
        record.request_id = request_id(record) or "-"
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """For machines: one object a line; no line break inside begins a record (WB-04)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        said = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request": request_id(record),
            "message": redact(record.getMessage()),
            **{name: vars(record)[name] for name in FIELDS if name in vars(record)},
        }
        if record.exc_info:
            said["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps({name: value for name, value in said.items() if value not in ("", None)})
