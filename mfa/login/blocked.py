"""Why none of a person's verification methods can be used, in a few classes (C19)."""

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone
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
    RESTING = "resting"
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
    BlockedBy.RESTING: _("Codes by email wait 3 days after a password reset by email."),
    BlockedBy.TOO_WEAK: _(
        "A code by email is not enough here, because the account has or had a phone or app."
    ),
}


def causes_of(user: AbstractMfaUser) -> list[BlockedBy]:
    """Return what keeps each of the person's methods from being used, each class once."""
    held = Factor.objects.bound().filter(user_id=user.pk).order_by("-confirmed_at")
    found = [_cause_of(factor, user) for factor in held]
    if not found and user.ever_bound_at:
        return [BlockedBy.REMOVED]
    return list(dict.fromkeys(cause for cause in found if cause))


def _cause_of(factor: Factor, user: AbstractMfaUser) -> BlockedBy | None:
    policy = user.mfa_policy
    if factor.status == Status.DISABLED:
        return BlockedBy.WRONG_CODES
    if factor.status == Status.SUSPENDED:
        return BlockedBy.LOST
    if Method(factor.kind) not in policy.methods:
        return BlockedBy.NOT_ALLOWED
    if not factor.readable:
        return BlockedBy.UNREADABLE
    if factor.kind == Factor.Kind.EMAIL:
        return _cause_of_email(factor, user)
    return _cause_of_phone(factor, policy) if factor.kind == Factor.Kind.PHONE else None


def _cause_of_email(email: Factor, user: AbstractMfaUser) -> BlockedBy:
    """Say why an email that works cannot be used: for a login, or to confirm a change (EM-07)."""
    resting = user.mfa_policy.resting
    if not channels.available(ChannelName.EMAIL) or ChannelName.EMAIL in resting:
        return BlockedBy.NO_EMAILS
    mailbox = user.mailbox_at(timezone.now())
    waits = mailbox.after_reset and email.target == mailbox.address
    return BlockedBy.RESTING if waits else BlockedBy.TOO_WEAK


def _cause_of_phone(phone: Factor, policy: Policy) -> BlockedBy | None:
    if regions.region_of(phone.target) not in policy.text_regions:
        return BlockedBy.COUNTRY
    available = channels.available(ChannelName.SMS) and ChannelName.SMS not in policy.resting
    return None if available else BlockedBy.NO_TEXTS
