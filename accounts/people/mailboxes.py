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


def ask_recovery(request: HttpRequest, user: User, email: str) -> None:
    """Email a link to a second address, which is for notices and recovery. Raises TooMany."""
    with transaction.atomic():
        per_mailbox = limits.MAILS_PER_NEW_EMAIL.of(email)
        counters.take([limits.NEW_EMAILS_PER_PERSON.of(str(user.pk)), per_mailbox])
        User.objects.filter(pk=user.pk).update(new_recovery_email=email)
        user.new_recovery_email = email
        masked = masking.masked_email(email)
        audit.record(Event.EMAIL_ASKED, user, client=client_of(request), email=masked)
        if channels.available(ChannelName.EMAIL):
            context = links.context_of(Link.RECOVERY_EMAIL, user)
            deliveries.queue(
                user,
                "recovery_email_link",
                channel=ChannelName.EMAIL,
                target=email,
                context=context,
            )


def confirm_recovery(request: HttpRequest, user: User, uid: str, token: str) -> bool:
    """Keep the confirmed second address. Return False if the link is no longer valid."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if links.opened_by(person, uid, token) is not Link.RECOVERY_EMAIL:
            return False
        _keep_recovery(request, person, person.new_recovery_email)
    return True


def remove_recovery(request: HttpRequest, user: User) -> None:
    """Forget the second address, which is notified too."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if person.recovery_email:
            _keep_recovery(request, person, "")


def _keep_recovery(request: HttpRequest, person: User, email: str) -> None:
    old, person.recovery_email, person.new_recovery_email = person.recovery_email, email, ""
    person.recovery_email_at = timezone.now() if email else None
    columns = ["recovery_email", "new_recovery_email", "recovery_email_at"]
    person.save(update_fields=columns)
    notices.tell(
        Event.RECOVERY_EMAIL_CHANGED,
        person,
        client=client_of(request),
        numbers=factors.numbers_of(person),
        old_email=old,
        new=masking.masked_email(email) if email else "",
    )
