"""Factors: add a confirmed phone, change it; what every binding of a factor does."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mfa import alerts, counters, limits, notices
from mfa.models import Event, Factor, Protected
from mfa.origin import Origin
from mfa.rules import contacts
from mfa.rules.policy import Method

# The wording of components/text_notice.html that stood beside the number's field (PS-02)
TEXT_NOTICE = 1


def phone_of(user: Protected) -> Factor | None:
    """Return the person's confirmed phone."""
    phones = Factor.objects.usable().filter(user_id=user.pk, kind=Factor.Kind.PHONE)
    return phones.order_by("-confirmed_at").first()


def may_have(user: Protected, number: str) -> bool:
    """Whether the person's policy allows this number as a phone."""
    policy = user.mfa_policy
    return Method.PHONE in policy.methods and policy.may_enroll(contacts.region_of(number))


def held_by(user: Protected) -> list[Factor]:
    """Return the factors that may prove the person, newest first."""
    return list(Factor.objects.usable().filter(user_id=user.pk).order_by("-confirmed_at"))


def last_number(user: Protected) -> str:
    """Return the newest number that was ever the person's, whatever became of it; "" for none."""
    phones = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.PHONE)
    phone = phones.order_by("-confirmed_at").first()
    return phone.target if phone else ""


def end_former(user: Protected) -> None:
    """End the phones and apps before the newest: they are lost, and somebody may hold them."""
    kinds = (Factor.Kind.PHONE, Factor.Kind.APP)
    held = Factor.objects.usable().filter(user_id=user.pk, kind__in=kinds)
    _newest, *former = held.order_by("-pk").values_list("pk", flat=True)
    held.filter(pk__in=former).update(revoked_at=timezone.now())


def are_backed_up(held: Iterable[Factor]) -> bool:
    """Whether there are two kinds among a person's factors: losing one leaves another."""
    return len({factor.kind for factor in held}) > 1


def shown_of(user: Protected) -> list[Factor]:
    """Return the person's factors, those out of use too, newest first."""
    return list(Factor.objects.filter(user_id=user.pk, revoked_at=None).order_by("-confirmed_at"))


def only_of(user: Protected) -> Factor | None:
    """Return the factor without which the person could not log in any more."""
    usable = Factor.objects.usable().filter(user_id=user.pk)
    # Recovery codes are used up: they stand beside a factor, not in its place.
    left = usable.exclude(kind=Factor.Kind.RECOVERY_CODES)[:2]
    return left[0] if len(left) == 1 else None


def assign_phone(
    user: Protected, number: str, *, reason: str, by: Protected, origin: Origin
) -> bool:
    """Write a number for a person: the next login's code goes to it and proves it (B16, K6).

    Sessions end; the old number and the mailbox are told at once. False when another change was
    first. Raises TooMany for a helper who has helped ten people today.
    """
    now = timezone.now()
    with transaction.atomic():
        if not rebind(user):
            return False
        counters.take([limits.RESCUES.of(str(by.pk))])
        # The lost phone may be a recognized device too.
        people = get_user_model().objects.filter(pk=user.pk)
        people.update(device_epoch=F("device_epoch") + 1)
        phones = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.PHONE, revoked_at=None)
        old = phones.order_by("-confirmed_at").first()
        phones.update(revoked_at=now)
        Factor.objects.create(
            user_id=user.pk,
            target=number,
            assigned=True,
            confirmed_at=now,
            address=origin.address or None,
            browser=origin.browser,
        )
        notices.tell(
            Event.NUMBER_ASSIGNED,
            user,
            old_number=old.target if old else "",
            new_ending=contacts.ending(number),
            reason=reason,
            by=by.pk,
        )
    alerts.warn_of_rescues(by)
    return True


def suspend(user: Protected, factor: Factor, *, origin: Origin) -> bool:
    """Switch a lost factor off at once, and end the sessions it may have opened (RV-07).

    False when another session was first.
    """
    with transaction.atomic():
        if not _retire(user, factor, "suspended_at"):
            return False
        notices.tell(
            Event.FACTOR_SUSPENDED,
            user,
            origin=origin,
            old_number=factor.target or None,
            factor=factor.pk,
        )
    return True


def remove(user: Protected, factor: Factor, *, origin: Origin) -> bool:
    """End a factor for good; False for the only one: the password alone must not be left."""
    with transaction.atomic():
        if factor == only_of(user) or not _retire(user, factor, "revoked_at"):
            return False
        notices.tell(
            Event.FACTOR_REMOVED,
            user,
            origin=origin,
            old_number=factor.target or None,
            factor=factor.pk,
        )
    return True


def _retire(user: Protected, factor: Factor, column: str) -> bool:
    if not rebind(user):
        return False
    Factor.objects.filter(pk=factor.pk).update(**{column: timezone.now()})
    return True


def rebind(user: Protected) -> bool:
    """Raise the epoch, which ends all sessions, and remember that there was a factor.

    The acting session goes on with `update_session_auth_hash`. False when another session was
    first: what this one read is old. Call it inside a transaction.
    """
    people = get_user_model().objects.filter(pk=user.pk)
    mine = people.filter(session_epoch=user.session_epoch)
    if not mine.update(session_epoch=F("session_epoch") + 1):
        return False
    people.filter(ever_bound_at=None).update(ever_bound_at=timezone.now())
    user.refresh_from_db(fields=["session_epoch", "ever_bound_at"])
    return True


def set_phone(user: Protected, number: str, *, origin: Origin) -> bool:
    """Make a confirmed number the person's phone; an older one ends and is told (A28, A29).

    False when another session was first: then nothing changes, and a stolen password cannot slip
    its phone in beside the owner's.
    """
    now = timezone.now()
    with transaction.atomic():
        if not rebind(user):
            return False
        # One that is lost or switched off is replaced too, and told: it is still the owner's.
        phones = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.PHONE, revoked_at=None)
        old = phones.order_by("-confirmed_at").first()
        if old:
            Factor.objects.filter(pk=old.pk).update(revoked_at=now)
        Factor.objects.create(
            user_id=user.pk,
            target=number,
            confirmed_at=now,
            address=origin.address or None,
            browser=origin.browser,
        )
        new_ending = contacts.ending(number)
        if old:
            notices.tell(
                Event.FACTOR_CHANGED,
                user,
                origin=origin,
                old_number=old.target,
                old_ending=contacts.ending(old.target),
                new_ending=new_ending,
                text_notice=TEXT_NOTICE,
            )
        else:
            # The phone itself has just read a code.
            notices.tell(
                Event.FACTOR_ADDED,
                user,
                origin=origin,
                old_number="",
                ending=new_ending,
                text_notice=TEXT_NOTICE,
            )
    return True
