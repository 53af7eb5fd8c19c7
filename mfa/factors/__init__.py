"""Factors: the kinds, and the functions that add, list and end a person's factors."""

from mfa.factors import email, passkey, phone, push, recovery_codes, totp
from mfa.factors.binding import (
    are_backed_up,
    are_outdated,
    end_former,
    has_strong,
    held_by,
    holds_one_of,
    known_of,
    only_of,
    rebind,
    remove,
    shown_of,
    suspend,
    suspend_reported,
    waiting_number,
)
from mfa.factors.email import MOST_EMAILS, add_email, has_most_emails
from mfa.factors.imported import (
    Imported,
    ImportedApp,
    ImportedPhone,
    OtherSiteError,
    UnusableError,
    bring,
)
from mfa.factors.kind import Asked, Kind, Words
from mfa.factors.names import prefer, rename
from mfa.factors.passkey.imported import ImportedKey, read_imported_key
from mfa.factors.phone import (
    MOST_PHONES,
    TEXT_NOTICE,
    add_phone,
    are_enough,
    assign_phone,
    change_phone,
    drop_proposed,
    last_number,
    may_have,
    numbers_of,
    phone_of,
    propose_phone,
    propose_phones,
    proposed_number,
    save_number,
)
from mfa.models import AbstractMfaUser
from mfa.rules.methods import WAYS, ChannelName, Method
from mfa.rules.routes import Route

# In the order of forms and sentences
KINDS: dict[Method, Kind] = {
    kind.method: kind
    for kind in (
        *(phone.KIND, email.KIND, totp.KIND, passkey.KIND),
        *(push.KIND, recovery_codes.KIND),
    )
}
_BY_CHANNEL = {kind.way.channel: kind for kind in KINDS.values()}

__all__ = [
    "KINDS",
    "MOST_EMAILS",
    "MOST_PHONES",
    "TEXT_NOTICE",
    "Asked",
    "Imported",
    "ImportedApp",
    "ImportedKey",
    "ImportedPhone",
    "Kind",
    "OtherSiteError",
    "UnusableError",
    "add_email",
    "add_phone",
    "are_backed_up",
    "are_enough",
    "are_outdated",
    "assign_phone",
    "bring",
    "change_phone",
    "drop_proposed",
    "end_former",
    "has_most_emails",
    "has_strong",
    "held_by",
    "holds_one_of",
    "kind_by",
    "kind_of",
    "known_of",
    "last_number",
    "may_have",
    "may_prove",
    "noticed",
    "numbers_of",
    "only_of",
    "phone_of",
    "prefer",
    "propose_phone",
    "propose_phones",
    "proposed_number",
    "read_imported_key",
    "rebind",
    "remove",
    "rename",
    "save_number",
    "shown_of",
    "suspend",
    "suspend_reported",
    "to_enroll",
    "waiting_number",
]


def to_enroll(methods: frozenset[Method]) -> list[Kind]:
    """Return the kinds of these methods that a login can set up, best first."""
    kinds = (KINDS[method] for method in WAYS if method in methods)
    return [kind for kind in kinds if kind.enroll and kind.is_on()]


def may_prove(user: AbstractMfaUser, channel: str, target: str) -> bool:
    """Whether the person's policy allows this new number or address (fac3)."""
    if channel == ChannelName.EMAIL:
        return Method.EMAIL in user.mfa_policy.offered
    return may_have(user, target)


def noticed(notice: str) -> Words | None:
    """Return the words of the kind whose setup a page has to confirm."""
    return next((kind.words for kind in KINDS.values() if kind.notice == notice), None)


def kind_of(route: Route) -> Kind:
    """Return the kind that a route asks for."""
    return kind_by(route.channel)


def kind_by(channel: str) -> Kind:
    """Return the kind of a channel."""
    return _BY_CHANNEL[ChannelName(channel)]
