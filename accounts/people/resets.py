"""Password resets: an emailed link, the second step if there is one, then a new password."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.people import links, login_names, passwords
from accounts.people.links import Link
from mfa import audit, channels, factors
from mfa.client import Client
from mfa.limits import counters, lockouts, table as limits
from mfa.login import PREFILL
from mfa.login.flow import Flow
from mfa.messages import notices, queue as deliveries
from mfa.models import Event
from mfa.rules.methods import ChannelName, Method, only_email
from mfa.rules.policy import Enforcement
from mfa.sessions.devices import recognize

# EM-04 and docs/security.md: time for the notified owner to object.
MAILBOX_RESTS = timedelta(hours=72)


def ask(request: HttpRequest, typed: str, *, elsewhere: bool = False) -> None:
    """Email a link to the active person with this email or username.

    `elsewhere`: it goes to the recovery email. Nothing reveals if there is a person, or such an
    address.

    Known, unknown and inactive cost one hash and one call of the broker each. Both take longer than
    the rest, especially during an outage of the broker (LG-03). Raises TooMany for a network
    address with too many requests, whatever their emails.
    """
    user = login_names.owner_of(typed)
    client = recognize(request, user)
    counters.take([limits.RESETS_PER_ADDRESS.of(client.network)])
    make_password(typed)
    mailbox = ""
    if user:
        mailbox = _recovery_of(user) if elsewhere else user.email
    # By the address, so that a username gives no further emails
    mailed = _may_mail(mailbox or typed, client) and bool(mailbox and user and user.may_log_in)
    audit.record(Event.PASSWORD_FORGOTTEN, user, client=client, mailed=int(mailed))
    if user and mailed:
        link = Link.RESET_BY_RECOVERY if elsewhere else Link.RESET
        _mail(user, link, target=mailbox, address=client.address, browser=client.device)
    else:
        deliveries.queue_nothing()


def send(user: User, *, client: Client, by: int) -> bool:
    """Email a link to set the password for an administrator (PW-10). Return whether it was sent.

    Raises TooMany.
    """
    if not (user.may_log_in and channels.available(ChannelName.EMAIL)):
        return False
    with transaction.atomic():
        mailbox = limits.PASSWORD_MAILS.of(user.email)
        counters.take([limits.LINKS_PER_PERSON.of(str(user.pk)), mailbox])
        audit.record(Event.PASSWORD_LINK_SENT, user, client=client, by=by)
        _mail(user, Link.SET, inviter=_name_of(by))
    return True


def send_after_report(user: User, *, client: Client) -> None:
    """Email a link after a report, which ended the password. Only reports are limited.

    Otherwise an attacker could use up the links of a day first, and then lock the owner out.
    """
    _mail(user, Link.RESET, address=client.address, browser=client.device)


def finish(flow: Flow, password: str) -> bool:
    """Store the new password, and end all sessions and pending logins (RV-03).

    Return False if another change came first: another tab, a change of email, or the time limit.
    """
    now = timezone.now()
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=flow.user.pk)
        if not flow.pending.may_save(person, now):
            return False
        passwords.store(person, password)
        if not flow.pending.by_recovery_email:
            person.mailbox_proven_at = now
        if flow.pending.channel in {"", ChannelName.EMAIL}:
            person.mailbox_rests_until = now + MAILBOX_RESTS
        person.save(update_fields=["mailbox_proven_at", "mailbox_rests_until"])
        notices.tell(
            Event.PASSWORD_RESET,
            person,
            client=flow.client,
            numbers=factors.numbers_of(person),
        )
    # The old password no longer exists, so guesses of it do not matter.
    lockouts.forget(lockouts.WRONG_PASSWORDS, lockouts.of_person(person.pk))
    flow.user.refresh_from_db()
    session = flow.request.session
    session.flush()
    session[PREFILL] = person.login_name
    return True


def _recovery_of(user: User) -> str:
    """Return the recovery email if a link may go there, or "".

    Beside this link, the owner's phone or app is asked for, or a one-time pass from support (NIST
    SP 800-63B-4, 4.2.2.2). If nothing else is asked, or only codes to this same address, the
    address would be the whole account.
    """
    policy = user.mfa_policy
    strong = user.ever_bound_at is not None and user.only_email_since is None
    if not strong or policy.enforcement is Enforcement.OFF or only_email(policy.methods):
        return ""
    _own, *others = user.recovery_addresses(timezone.now())
    gets_codes = set(user.factors.filter(kind=Method.EMAIL).values_list("target", flat=True))
    return next((address for address in others if address not in gets_codes), "")


def _may_mail(mailbox: str, client: Client) -> bool:
    """Count an email to this address, or to what was typed.

    Over a limit none is sent, and the page looks the same.
    """
    uses = [limits.RESETS_PER_MAILBOX.of(mailbox), limits.PASSWORD_MAILS.of(mailbox)]
    if not client.known:
        uses.append(limits.RESETS_PER_STRANGER.of(f"{client.network}:{mailbox}"))
        uses.append(limits.PASSWORD_MAILS_STRANGERS.of(mailbox))
    try:
        counters.take(uses)
    except counters.TooMany:
        return False
    return True


def _name_of(by: int) -> str:
    person = User.objects.filter(pk=by).first()
    return person.full_name or person.email if person else ""


def _mail(user: User, link: Link, *, target: str = "", **context: str) -> None:
    if not channels.available(ChannelName.EMAIL):
        return
    deliveries.queue(
        user,
        "password_link",
        channel=ChannelName.EMAIL,
        target=target or user.email,
        context={**links.context_of(link, user), **context},
    )
