"""Changes of an account's email address, after the new address is confirmed."""

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.people import links
from accounts.people.links import Link
from mfa import audit, channels, factors
from mfa.client import client_of
from mfa.limits import counters, table as limits
from mfa.messages import notices, queue as deliveries
from mfa.models import Event
from mfa.rules import masking
from mfa.rules.methods import ChannelName
from mfa.sessions.proofs import keep_alive


def ask(request: HttpRequest, user: User, email: str) -> None:
    """Email a link to the new address, which invalidates older links. Raises TooMany.

    Nobody can tell whether the address has an account; only its owner gets an email about it
    (RG-02).
    """
    with transaction.atomic():
        per_mailbox = limits.MAILS_PER_NEW_EMAIL.of(email)
        counters.take([limits.NEW_EMAILS_PER_PERSON.of(str(user.pk)), per_mailbox])
        User.objects.filter(pk=user.pk).update(new_email=email)
        masked = masking.masked_email(email)
        audit.record(Event.EMAIL_ASKED, user, client=client_of(request), email=masked)
        if not channels.available(ChannelName.EMAIL):
            return
        owner = User.objects.filter(email=email).first()
        message = "email_taken" if owner else "email_link"
        context = {} if owner else links.context_of(Link.EMAIL, user)
        deliveries.queue(
            owner or user, message, channel=ChannelName.EMAIL, target=email, context=context
        )


def confirm(request: HttpRequest, user: User, uid: str, token: str) -> bool:
    """Move the account to the confirmed address, and end all other sessions (SS-06).

    Return False if the link is no longer valid, or if someone else got the address first.
    """
    try:
        with transaction.atomic():
            person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if links.opened_by(person, uid, token) is not Link.EMAIL:
                return False
            _move(request, person)
    except IntegrityError:
        return False
    if request.user == person:
        keep_alive(request, person)
    return True


def _move(request: HttpRequest, person: User) -> None:
    old, person.email, person.new_email = person.email, person.new_email, ""
    person.session_epoch += 1
    person.email_changed_at = person.mailbox_proven_at = timezone.now()
    person.save(
        update_fields=[
            "email",
            "new_email",
            "session_epoch",
            "email_changed_at",
            "mailbox_proven_at",
        ]
    )
    masked_old, masked_new = masking.masked_pair(old, person.email)
    notices.tell(
        Event.EMAIL_CHANGED,
        person,
        client=client_of(request),
        numbers=factors.numbers_of(person),
        old_email=old,
        old=masked_old,
        new=masked_new,
    )
