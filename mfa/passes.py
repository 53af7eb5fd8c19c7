"""One-time passes: made by support, and used once to set up a new way to log in.

With the password, or a mailed link to set one, a pass opens only the enrollment of a new factor.
"""

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from mfa import audit, challenges, factors, pauses
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors import recovery_codes
from mfa.limits import counters, lockouts, table as limits
from mfa.messages import alerts, notices, queue as deliveries
from mfa.messages.alerts import Alert
from mfa.models import AbstractMfaUser, Event, Factor, OneTimePass, Status
from mfa.models.passes import LINK
from mfa.models.people import RESTS_AFTER_CHANGE
from mfa.rules import recovery
from mfa.rules.methods import ChannelName

# From the issue: ten minutes to eight hours
LEAST_MINUTES, MOST_MINUTES = 10, 8 * 60
# The support page shows who needs passes often (back5).
COUNTED = timedelta(days=30)


def ask(
    actor: AbstractMfaUser, user: AbstractMfaUser, *, named: str, client: Client
) -> OneTimePass | None:
    """Email the person a link that names the helper. The caller knows the actor may rescue.

    `named` is the actor's name. Return None for an address that was just changed, maybe by someone
    else (EM-06). Raises TooMany, and PermissionDenied for staff.
    """
    with transaction.atomic():
        held = _hold(user)
        changed = held.email_changed_at
        if changed and timezone.now() < changed + RESTS_AFTER_CHANGE:
            return None
        counters.take([limits.PASS_MAILS.of(str(held.pk))])
        asked = OneTimePass.objects.create(user_id=held.pk, helper_id=actor.pk)
        audit.record(Event.PASS_ASKED, held, client=client, by=actor.pk)
        deliveries.queue(
            held,
            "pass_asked",
            channel=ChannelName.EMAIL,
            target=held.email,
            context={"link": LINK, "number": asked.pk, "helper": named},
        )
    return asked


def confirm(asked: OneTimePass, *, client: Client) -> bool:
    """Record that the person is talking to the helper. Return False if it is too late.

    Also False if the account's address has changed: a reader of the old one confirms nothing.
    """
    with transaction.atomic():
        now = timezone.now()
        # A change of the address takes the same lock.
        held = pauses.hold(asked.user)
        mine = OneTimePass.objects.select_for_update().filter(pk=asked.pk).first()
        if mine is None or not mine.is_for(held.email_changed_at):
            return False
        if not mine.may_confirm(now) or mine.confirmed_at:
            return mine.is_confirmed(now)
        mine.confirmed_at = now
        mine.save(update_fields=["confirmed_at"])
        audit.record(Event.PASS_CONFIRMED, mine.user, client=client, helper=str(mine.helper))
    return True


def confirmed_of(actor: AbstractMfaUser, user: AbstractMfaUser) -> OneTimePass | None:
    """Return the person's confirmation for this helper, not for another one."""
    mine = _questions(actor, user).filter(confirmed_at__isnull=False)
    newest = mine.order_by("-asked_at", "-pk").first()
    return newest if newest and newest.is_confirmed(timezone.now()) else None


def waiting_of(actor: AbstractMfaUser, user: AbstractMfaUser) -> OneTimePass | None:
    """Return the helper's question that the person can still answer."""
    newest = _questions(actor, user).order_by("-asked_at", "-pk").first()
    return newest if newest and newest.may_confirm(timezone.now()) else None


def made_lately(user: AbstractMfaUser) -> int:
    """Count the passes that this person had in 30 days."""
    since = timezone.now() - COUNTED
    return OneTimePass.objects.filter(user_id=user.pk, made_at__gt=since).count()


def make(
    actor: AbstractMfaUser,
    user: AbstractMfaUser,
    *,
    minutes: int,
    reason: str,
    alone: bool,
    client: Client,
) -> str | None:
    """Make a pass, which replaces an unused one, and return its code. It cannot be read again.

    The caller knows that the actor may rescue. Return None without the person's confirmation. If
    `alone`, an administrator makes it without one, and every administrator is notified. Raises
    TooMany for an actor who helped ten people today, and PermissionDenied for staff.
    """
    code, salt = recovery.spell(secrets.randbits(recovery.BITS)), secrets.token_hex(16)
    now = timezone.now()
    with transaction.atomic():
        held = _hold(user)
        asked = confirmed_of(actor, held)
        if asked is None and not alone:
            return None
        counters.take([limits.RESCUES.of(str(actor.pk))])
        _open_ones(held).update(ended_at=now)
        new = asked or OneTimePass(user_id=held.pk, helper_id=actor.pk)
        new.made_at, new.until = now, now + timedelta(minutes=minutes)
        new.salt, new.digest = salt, recovery_codes.hashed(code, salt)
        new.save()
        _tell(Event.PASS_MADE, held, client, by=actor.pk, reason=reason, minutes=minutes)
    if asked is None:
        helper, person = actor.email, held.email
        alerts.warn(
            Alert.UNCONFIRMED, about=str(new.pk), helper=helper, person=person, reason=reason
        )
    alerts.warn_of_rescues(actor)
    return recovery.grouped(code)


def cancel(user: AbstractMfaUser, *, client: Client) -> bool:
    """Cancel an unused pass, and the questions about one. Return whether there was a pass."""
    with transaction.atomic():
        now = timezone.now()
        open_ones = _open_ones(user).filter(until__gt=now)
        cancelled = bool(open_ones.update(ended_at=now))
        # A confirmation of a stranger must not lead to the next pass, and none may follow.
        questions = OneTimePass.objects.filter(user_id=user.pk, made_at=None, ended_at=None)
        questions.update(confirmed_at=None, ended_at=now)
        if cancelled:
            audit.record(Event.PASS_CANCELLED, user, client=client)
    return cancelled


def spend(user: AbstractMfaUser, code: str, *, client: Client) -> Result:
    """Verify a code of 13 characters. A right one suspends all earlier factors, once.

    Each attempt costs one slow hash. The outcome is SPENT for a used pass, and EXPIRED without one.
    Raises TooMany over the limit and during a lockout.
    """
    with transaction.atomic():
        # One at a time, as for recovery codes
        challenges.hold(user, client)
        held = OneTimePass.objects.filter(user_id=user.pk, made_at__isnull=False)
        newest = held.order_by("-made_at", "-pk").first()
        # Never for staff, even if the pass was made before the promotion.
        if newest is None or pauses.hold(user).has_powers:
            return Result(Outcome.EXPIRED)
        subject = client.failures_of(lockouts.of_person(user.pk))
        counters.take([limits.RECOVERY_CODE_TRIES.of(subject)])
        if not secrets.compare_digest(newest.digest, recovery_codes.hashed(code, newest.salt)):
            left = challenges.blame(user, Factor.objects.none(), client=client)
            return Result(Outcome.WRONG if left else Outcome.LOCKED, left)
        mine, now = OneTimePass.objects.filter(pk=newest.pk, used_at=None), timezone.now()
        if not mine.filter(ended_at=None, until__gt=now).update(used_at=now):
            audit.record(Event.CODE_LATE, user, client=client)
            return Result(Outcome.SPENT if newest.used_at else Outcome.EXPIRED)
        _suspend_factors(user, client)
    return Result(Outcome.RIGHT)


def _suspend_factors(user: AbstractMfaUser, client: Client) -> None:
    """Turn off everything that may be in the hands of someone else, and end all sessions."""
    held = Factor.objects.usable().filter(user_id=user.pk)
    _tell(Event.PASS_USED, user, client)
    held.become(Status.SUSPENDED)
    factors.rebind(user, stronger=False)


def _questions(actor: AbstractMfaUser, user: AbstractMfaUser) -> models.QuerySet[OneTimePass]:
    """Return the helper's questions that went to the person's present address."""
    mine = OneTimePass.objects.filter(user_id=user.pk, helper_id=actor.pk, made_at=None)
    changed = user.email_changed_at
    return mine.filter(asked_at__gt=changed) if changed else mine


def _hold(user: AbstractMfaUser) -> AbstractMfaUser:
    # A promotion takes the same lock.
    held = pauses.hold(user)
    if held.has_powers:
        raise PermissionDenied
    return held


def _open_ones(user: AbstractMfaUser) -> models.QuerySet[OneTimePass]:
    made = OneTimePass.objects.filter(user_id=user.pk, made_at__isnull=False)
    return made.filter(used_at=None, ended_at=None)


def _tell(event: Event, user: AbstractMfaUser, client: Client, **words: str | int) -> None:
    numbers = notices.numbers_of(user) or [factors.last_number(user)]
    notices.tell(event, user, client=client, numbers=numbers, **words)  # type: ignore[arg-type]
