"""Emails as factors of their own (D11-D13). The account's address is not one of them."""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.client import Client
from mfa.factors.binding import rebind
from mfa.factors.kind import Kind, Words, verify_sent
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor, Status
from mfa.models.factors import FactorQuerySet
from mfa.rules import masking
from mfa.rules.methods import Method

KIND = Kind(
    method=Method.EMAIL,
    verify=verify_sent,
    enroll="mfa:enroll_email",
    add="mfa:add_email",
    notice="mailbox",
    several=True,
    words=Words(
        label=_("Email"),
        asked=_("an email"),
        ready=_("Can get a code by email."),
        by=_("by email"),
        choose=_("Email to %(name)s"),
        out_of_order=_("Codes by email are not available right now."),
        add=_("Add an email for codes"),
        enroll=_("Email"),
        about=_("We email you a code. Anyone who can read that email can get it."),
        enrolled=_("Your email is set up"),
        from_now_on=_("From now on we email you a code each time you log in."),
        lost_title=_("Lost or wrong email"),
        lost=_("I can no longer read this email"),
        found=_("Back: I can read that email"),
    ),
)
# At work and at home, and three to spare. More are likely forgotten.
MOST_EMAILS = 5


def has_most_emails(user: AbstractMfaUser) -> bool:
    """Whether the person has the maximum number of emails."""
    return _emails_of(user).usable().count() >= MOST_EMAILS


def add_email(user: AbstractMfaUser, address: str, *, client: Client) -> bool:
    """Add a confirmed address, and notify the person's phones and all addresses.

    It replaces an older row of the same address. Return False, without any change, if the user
    changed since it was loaded, or has the maximum.
    """
    same = _emails_of(user).filter(target=address)
    with transaction.atomic():
        if not same.usable().exists() and has_most_emails(user):
            return False
        is_first = user.ever_bound_at is None
        if not rebind(user, stronger=False):
            return False
        if is_first:
            _note_first(user)
        same.not_revoked().become(Status.REVOKED)
        email = Factor.objects.create(
            user_id=user.pk,
            kind=Factor.Kind.EMAIL,
            target=address,
            confirmed_at=timezone.now(),
            address=client.address or None,
            browser=client.browser,
        )
        notices.tell(
            Event.EMAIL_ADDED,
            user,
            client=client,
            factor=email.pk,
            email=masking.masked_email(address),
        )
    return True


def _note_first(user: AbstractMfaUser) -> None:
    """Record that the first factor is an email (EM-07). A stronger one ends this."""
    user.only_email_since = timezone.now()
    people = get_user_model().objects.filter(pk=user.pk)
    people.update(only_email_since=user.only_email_since)


def _emails_of(user: AbstractMfaUser) -> FactorQuerySet:
    return Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.EMAIL)
