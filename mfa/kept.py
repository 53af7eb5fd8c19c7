"""What sessions and queues keep for later may come from another version of the portal.

Code that reads it first checks that it has today's form; anything else counts as nothing.
"""

import builtins
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import Any, TypeGuard
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

# What the column of ids holds
LARGEST_ID = (1 << 63) - 1
# A timestamp, or a number of seconds, that every moment of today can bear
LATEST = 1e11
# What a login keeps of itself, by mfa.sessions.ABOUT; more may stand there.
ABOUT: dict[str, tuple[type, ...]] = {
    "user_id": (int,),
    "started_at": (str,),
    "address": (str, NoneType),
    "browser": (str,),
    "aal": (int,),
    "channel": (str,),
    "life": (float, int),
    "idle": (float, int),
    "pause_id": (int, NoneType),
    "proofs": (dict,),
}
# A login has all of these; a half login has none of them.
ENDS = {"started_at", "life", "idle"}


def fits(kept: object, form: type[Any]) -> TypeGuard[dict[str, Any]]:
    """Whether kept values are those of a dataclass: all of its fields, no others, each its type."""
    if not isinstance(kept, dict):
        return False
    wanted = {field.name: field.type for field in fields(form)}
    return kept.keys() == wanted.keys() and all(
        _is(value, wanted[name]) for name, value in kept.items()
    )


def fits_login(about: object) -> bool:
    """Whether this is what a login, or a half one, keeps of itself."""
    if not isinstance(about, dict) or not (about.keys() >= ENDS or not ENDS & about.keys()):
        return False
    known = ((value, ABOUT[name]) for name, value in about.items() if name in ABOUT)
    if not all(any(_is(value, kind) for kind in kinds) for value, kinds in known):
        return False
    proofs = about.get("proofs", {})
    times = all(isinstance(by, str) and _is(at, float) for by, at in proofs.items())
    return times and is_moment(about.get("started_at", "2026-01-01T00:00+00:00"))


def fits_session(data: object) -> bool:
    """Whether a session's own parts, and those of Django that would fail, can be read."""
    if not isinstance(data, dict):
        return False
    person = data.get("_auth_user_id", "1")
    about = data.get("mfa_about", {})
    return isinstance(person, str) and person.isdecimal() and fits_login(about)


def is_id(value: object) -> bool:
    """Whether this may be the id of a row."""
    return isinstance(value, int) and _is(value, int) and value > 0


def is_uuid(value: object) -> bool:
    """Whether this is the id of a challenge."""
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """Whether this is a moment in ISO format, with its offset from UTC."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def text_of(session: SessionBase, key: str) -> str:
    """Return a text that a session keeps; "" for anything else."""
    kept = session.get(key, "")
    return kept if isinstance(kept, str) else ""


def _is(value: object, kind: object) -> bool:
    """Whether a value is of a type; a whole number is a float too, but True is no number."""
    match kind:
        case builtins.float:
            return isinstance(value, int | float) and _is_number(value) and abs(value) < LATEST
        case builtins.int:
            return isinstance(value, int) and _is_number(value) and abs(value) <= LARGEST_ID
        case type() if issubclass(kind, str):
            # Of an enum JSON keeps the text.
            return isinstance(value, str)
        case type():
            return isinstance(value, kind)
    return False


def _is_number(value: float) -> bool:
    """Whether this is no truth value, which Python takes for a number."""
    return not isinstance(value, bool)
