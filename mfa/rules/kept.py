"""Checks of values that sessions and queues stored, perhaps by another version of the portal.

Callers treat a value that does not have today's shape as missing.
"""

import builtins
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import Any, TypeGuard
from uuid import UUID

# The largest id that the database column holds
LARGEST_ID = (1 << 63) - 1
# An upper bound for timestamps and durations in seconds
LATEST = 1e11
# What a session keeps about its login (mfa.sessions.ABOUT). Other keys are allowed.
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
    "trusted": (bool,),
}
# A complete login has all of these keys, a pending login has none.
ENDS = {"started_at", "life", "idle"}


def fits(kept: object, form: type[Any]) -> TypeGuard[dict[str, Any]]:
    """Whether stored values match a dataclass: exactly its fields, each of the right type."""
    if not isinstance(kept, dict):
        return False
    wanted = {field.name: field.type for field in fields(form)}
    return kept.keys() == wanted.keys() and all(
        _is(value, wanted[name]) for name, value in kept.items()
    )


def fits_login(about: object) -> bool:
    """Whether this is a valid record of a login or of a pending login."""
    if not isinstance(about, dict) or not (about.keys() >= ENDS or not ENDS & about.keys()):
        return False
    known = ((value, ABOUT[name]) for name, value in about.items() if name in ABOUT)
    if not all(any(_is(value, kind) for kind in kinds) for value, kinds in known):
        return False
    proofs = about.get("proofs", {})
    times = all(isinstance(by, str) and _is(at, float) for by, at in proofs.items())
    return times and ("started_at" not in about or is_moment(about["started_at"]))


def fits_session(data: object) -> bool:
    """Whether our parts of a session, and the parts of Django that could fail, can be read."""
    if not isinstance(data, dict):
        return False
    person = data.get("_auth_user_id", "1")
    about = data.get("mfa_about", {})
    return isinstance(person, str) and person.isdecimal() and fits_login(about)


def is_id(value: object) -> bool:
    """Whether this can be the id of a row."""
    return isinstance(value, int) and _is(value, int) and value > 0


def is_uuid(value: object) -> bool:
    """Whether this can be the id of a challenge."""
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """Whether this is a time in ISO format with a UTC offset."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is(value: object, kind: object) -> bool:
    """Whether a value is of a type. An int counts as a float, and a bool counts as neither."""
    match kind:
        case builtins.float:
            return isinstance(value, int | float) and _is_number(value) and abs(value) < LATEST
        case builtins.int:
            return isinstance(value, int) and _is_number(value) and abs(value) <= LARGEST_ID
        case type() if issubclass(kind, str):
            # JSON stores an enum as its text.
            return isinstance(value, str)
        case type():
            return isinstance(value, kind)
    return False


def _is_number(value: float) -> bool:
    """Whether this is not a bool, which Python counts as a number."""
    return not isinstance(value, bool)
