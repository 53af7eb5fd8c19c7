"""Why none of a person's verification methods can be used, in a few classes (C19)."""

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from mfa import channels
from mfa.models import AbstractMfaUser, Factor, Status
from mfa.rules import regions
from mfa.rules.methods import ChannelName, Method
from mfa.rules.policy import Policy

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


class BlockedBy(StrEnum):
    """The class of a reason. The audit stores these words, and pages show WORDS."""

    WRONG_CODES = "wrong_codes"
    LOST = "lost"
    REMOVED = "removed"
    NOT_ALLOWED = "not_allowed"
    COUNTRY = "country"
    UNREADABLE = "unreadable"
    NO_TEXTS = "no_texts"
    NO_EMAILS = "no_emails"
    TOO_WEAK = "too_weak"


# For the person, who knows the password, and for staff. They name no number and no app.
WORDS: "dict[str, StrOrPromise]" = {
    BlockedBy.WRONG_CODES: _("A phone, email or app was turned off after 100 wrong codes."),
    BlockedBy.LOST: _("A phone, email or app was reported lost and turned off."),
    BlockedBy.REMOVED: _("All phones, emails and apps of this account were removed."),
    BlockedBy.NOT_ALLOWED: _("The rules for this account no longer allow its phone, email or app."),
    BlockedBy.COUNTRY: _("The rules for this account allow no texts to the country of its number."),
    BlockedBy.UNREADABLE: _("An app can't be checked now, because of a fault on our side."),
    BlockedBy.NO_TEXTS: _("Texts can't be sent right now."),
    BlockedBy.NO_EMAILS: _("Emails can't be sent right now."),
    BlockedBy.TOO_WEAK: _(
        "A code by email is not enough here, because the account has or had a stronger method."
    ),
}


def causes_of(user: AbstractMfaUser) -> list[BlockedBy]:
    """Return what keeps each of the person's methods from being used, each class once."""
    held = Factor.objects.bound().filter(user_id=user.pk).order_by("-confirmed_at")
    found = [_cause_of(factor, user.mfa_policy) for factor in held]
    if not found and user.ever_bound_at:
        return [BlockedBy.REMOVED]
    return list(dict.fromkeys(cause for cause in found if cause))


def _cause_of(factor: Factor, policy: Policy) -> BlockedBy | None:
    if factor.status == Status.DISABLED:
        return BlockedBy.WRONG_CODES
    if factor.status == Status.SUSPENDED:
        return BlockedBy.LOST
    if Method(factor.kind) not in policy.methods:
        return BlockedBy.NOT_ALLOWED
    if not factor.readable:
        return BlockedBy.UNREADABLE
    if factor.kind == Factor.Kind.EMAIL:
        return _cause_of_email(policy)
    return _cause_of_phone(factor, policy) if factor.kind == Factor.Kind.PHONE else None


def _cause_of_email(policy: Policy) -> BlockedBy:
    """Return why an email cannot be used: a fault, or what it should confirm (EM-04, EM-07)."""
    works = channels.available(ChannelName.EMAIL) and ChannelName.EMAIL not in policy.resting
    return BlockedBy.TOO_WEAK if works else BlockedBy.NO_EMAILS


def _cause_of_phone(phone: Factor, policy: Policy) -> BlockedBy | None:
    if regions.region_of(phone.target) not in policy.text_regions:
        return BlockedBy.COUNTRY
    available = channels.available(ChannelName.SMS) and ChannelName.SMS not in policy.resting
    return None if available else BlockedBy.NO_TEXTS
