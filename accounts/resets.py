"""Resets: a mailed link, the second step where there is one, then a new password."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import links, passwords
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
    waits,
)
from mfa.login import PREFILL
from mfa.models import Event
from mfa.origin import Origin
from mfa.rules.routes import ChannelName
from mfa.walk import Walk

# EM-04, the security design's figure: the owner has been told and can object.
MAILBOX_RESTS = timedelta(hours=72)


def ask(request: HttpRequest, email: str) -> None:
    """Mail a link to the active person who has this email; nobody learns whether there is one.

    Known, unknown and inactive cost one hash and one call of the broker each, which is more than
    all the rest, the more so when the broker is away (LG-03).
    Raises TooMany for an address that asks for too many, whoever they are for.
    """
    user = User.objects.filter(email=email).first()
    origin = origins.of(request, user)
    counters.take([limits.RESETS_PER_ADDRESS.of(origin.network)])
    make_password(email)
    mailed = _may_mail(email, origin) and user is not None and user.is_active
    audit.record(Event.PASSWORD_FORGOTTEN, user, origin=origin, mailed=int(mailed))
    if user and mailed:
        _mail(user, Link.RESET, address=origin.address, browser=origin.device)
    else:
        deliveries.queue_nothing()


def send(user: User, *, origin: Origin, by: int) -> bool:
    """Mail a link to set the password, on behalf of an administrator (PW-10); say whether.

    Raises TooMany.
    """
    if not (user.is_active and channels.available(ChannelName.EMAIL)):
        return False
    with transaction.atomic():
        mailbox = limits.PASSWORD_MAILS.of(user.email)
        counters.take([limits.LINKS_PER_PERSON.of(str(user.pk)), mailbox])
        audit.record(Event.PASSWORD_LINK_SENT, user, origin=origin, by=by)
        _mail(user, Link.SET)
    return True


def finish(walk: Walk, password: str) -> bool:
    """Store the new password; every session and open login of the person ends (RV-03).

    False when something else came first: another tab, a change of the email, the end of the time.
    """
    now = timezone.now()
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=walk.user.pk)
        if not walk.pending.may_save(person, now):
            return False
        passwords.store(person, password)
        person.mailbox_proven_at = now
        if walk.pending.channel in {"", ChannelName.EMAIL}:
            person.mailbox_rests_until = now + MAILBOX_RESTS
        person.save(update_fields=["mailbox_proven_at", "mailbox_rests_until"])
        phone = factors.phone_of(person)
        notices.tell(
            Event.PASSWORD_RESET,
            person,
            origin=walk.origin,
            old_number=phone.target if phone else "",
        )
    # Whoever guessed at the old password guessed in vain.
    waits.forget(waits.WRONG_PASSWORDS, waits.of_person(person.pk))
    walk.user.device_epoch = person.device_epoch
    session = walk.request.session
    session.flush()
    session[PREFILL] = person.email
    return True


def _may_mail(email: str, origin: Origin) -> bool:
    """Count a mail to this address; over a limit none goes out, and the page says the same."""
    uses = [limits.RESETS_PER_MAILBOX.of(email), limits.PASSWORD_MAILS.of(email)]
    if not origin.known:
        uses.append(limits.RESETS_PER_STRANGER.of(f"{origin.network}:{email}"))
        uses.append(limits.PASSWORD_MAILS_STRANGERS.of(email))
    try:
        counters.take(uses)
    except counters.TooMany:
        return False
    return True


def _mail(user: User, link: Link, **context: str) -> None:
    if not channels.available(ChannelName.EMAIL):
        return
    deliveries.queue(
        user,
        "password_link",
        channel=ChannelName.EMAIL,
        target=user.email,
        context={**links.context_of(link, user), **context},
    )
