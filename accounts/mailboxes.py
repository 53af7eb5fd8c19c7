"""Mailboxes: move an account to another one, once that has answered."""

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import links
from accounts.links import Link
from accounts.models import User
from mfa import (
    audit,
    channels,
    counters,
    deliveries,
    factors,
    limits,
    notices,
    origin as origins,
)
from mfa.models import Event
from mfa.rules import contacts
from mfa.rules.routes import ChannelName
from mfa.sessions import keep_alive


def ask(request: HttpRequest, user: User, email: str) -> None:
    """Mail a link to the new mailbox; an older one dies. Raises TooMany.

    Nothing tells whether somebody has that email already: its owner alone reads so (RG-02).
    """
    with transaction.atomic():
        per_mailbox = limits.MAILS_PER_NEW_EMAIL.of(email)
        counters.take([limits.NEW_EMAILS_PER_PERSON.of(str(user.pk)), per_mailbox])
        User.objects.filter(pk=user.pk).update(new_email=email)
        masked = contacts.masked_email(email)
        audit.record(Event.EMAIL_ASKED, user, origin=origins.of(request), email=masked)
        if not channels.available(ChannelName.EMAIL):
            return
        owner = User.objects.filter(email=email).first()
        message = "email_taken" if owner else "email_link"
        context = {} if owner else links.context_of(Link.EMAIL, user)
        deliveries.queue(
            owner or user, message, channel=ChannelName.EMAIL, target=email, context=context
        )


def confirm(request: HttpRequest, user: User, uid: str, token: str) -> bool:
    """Move the account to the mailbox that has answered; every other session ends (SS-06).

    False when the link has died meanwhile, or somebody else was quicker with the same email.
    """
    try:
        with transaction.atomic():
            person = User.objects.select_for_update().get(pk=user.pk)
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
    phone = factors.phone_of(person)
    notices.tell(
        Event.EMAIL_CHANGED,
        person,
        origin=origins.of(request),
        old_number=phone.target if phone else "",
        old_email=old,
        old=contacts.masked_email(old),
        new=contacts.masked_email(person.email),
    )
