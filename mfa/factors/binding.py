"""A person's factors, and the steps that adding and ending any factor share."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from mfa import audit, prepared
from mfa.client import Client
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor, Status
from mfa.models.factors import USABLE
from mfa.rules.methods import FIRST, RESISTANT, STRONG_FIRST, WAYS, Method

_KNOWN = prepared.Query(
    lambda: Factor.objects.filter(
        user_id=prepared.number("person"), status__in=(*USABLE, Status.PROPOSED)
    ).order_by("-confirmed_at", "-pk")
)


def known_of(user: AbstractMfaUser) -> list[Factor]:
    """Return the factors that the person can log in with, and a proposed number, newest first."""
    return _KNOWN.all(person=user.pk)


def held_by(user: AbstractMfaUser) -> list[Factor]:
    """Return the factors that the person can log in with, newest first."""
    return [factor for factor in known_of(user) if factor.is_usable]


def waiting_number(known: Sequence[Factor]) -> str:
    """Return the saved number that waits for its proof beside these factors, or "" (C16).

    It is newer than the phones. Without a phone it waits only as the newest: an app that was set up
    later took the place of a number from the registration.
    """
    waits = next((at for at, one in enumerate(known) if one.status == Status.PROPOSED), None)
    if waits is None or len(known) == 1:
        return ""
    phones = [at for at, one in enumerate(known) if one.kind == Factor.Kind.PHONE and at != waits]
    newest = waits < min(phones) if phones else waits == 0
    return known[waits].target if newest else ""


def holds_one_of(user: AbstractMfaUser, methods: Collection[str]) -> bool:
    """Whether an administrator or manager has one of the methods to be allowed (pol4).

    They never use email. Where it is the only method, any other one will do (EM-07). No methods
    mean all.
    """
    allowed = set(methods) & set(STRONG_FIRST) or set(STRONG_FIRST)
    return Factor.objects.usable().filter(user_id=user.pk, kind__in=allowed).exists()


def end_former(user: AbstractMfaUser) -> None:
    """End all first factors except the newest: they are lost, and someone may have them."""
    held = Factor.objects.usable().filter(user_id=user.pk, kind__in=FIRST)
    _newest, *former = held.order_by("-pk").values_list("pk", flat=True)
    held.filter(pk__in=former).become(Status.REVOKED)


def has_strong(user: AbstractMfaUser) -> bool:
    """Whether the person has a phone or app, which are stronger than an email."""
    return Factor.objects.usable().filter(user_id=user.pk, kind__in=STRONG_FIRST).exists()


def are_backed_up(held: Iterable[Factor]) -> bool:
    """Whether the factors are of two kinds, so that losing one leaves another.

    An email is no backup: staff cannot use it.
    """
    return len({factor.kind for factor in held} - {Factor.Kind.EMAIL}) > 1


def are_outdated(held: Iterable[Factor], since: datetime | None) -> bool:
    """Whether all factors that count were added before a time, so that a new one is due (K9)."""
    if since is None:
        return False
    added = [factor.confirmed_at for factor in held if factor.kind in FIRST]
    return bool(added) and max(added) <= since


def shown_of(user: AbstractMfaUser) -> list[Factor]:
    """Return the person's factors, including those out of use, in the order a login asks."""
    held = Factor.objects.bound().filter(user_id=user.pk).with_details()
    kinds = list(WAYS)
    return sorted(
        held.order_by("-preferred", "-confirmed_at", "-pk"),
        key=lambda factor: kinds.index(Method(factor.kind)),
    )


def only_of(user: AbstractMfaUser) -> Factor | None:
    """Return the factor that the person needs to log in, if only one is left."""
    policy = user.mfa_policy
    # Recovery codes are a backup of a factor, not a replacement.
    kinds = policy.methods.intersection(FIRST)
    held = list(Factor.objects.usable().filter(user_id=user.pk, kind__in=kinds))
    strong = [factor for factor in held if factor.kind in RESISTANT]
    left = strong if strong and policy.only_passkeys else held
    return left[0] if len(left) == 1 else None


def suspend(user: AbstractMfaUser, factor: Factor, *, client: Client) -> bool:
    """Turn off a lost factor right away, and end all sessions (RV-07).

    Returns False if the user changed since it was loaded.
    """
    with transaction.atomic():
        if not _retire(user, factor, Status.SUSPENDED):
            return False
        notices.tell(
            Event.FACTOR_SUSPENDED,
            user,
            client=client,
            numbers=[factor.number] if factor.number else None,
            emails=[factor.email],
            factor=factor.pk,
        )
    return True


def suspend_reported(user: AbstractMfaUser, factor: Factor, *, client: Client) -> None:
    """Suspend a factor that its owner reported as unknown. The caller ends the sessions."""
    Factor.objects.usable().filter(user_id=user.pk, pk=factor.pk).become(Status.SUSPENDED)
    audit.record(Event.FACTOR_SUSPENDED, user, client=client, factor=factor.pk)


def remove(user: AbstractMfaUser, factor: Factor, *, client: Client) -> bool:
    """Remove a factor. Return False for the only one, or if the user changed since loading."""
    with transaction.atomic():
        if factor == only_of(user) or not _retire(user, factor, Status.REVOKED):
            return False
        notices.tell(
            Event.FACTOR_REMOVED,
            user,
            client=client,
            numbers=[factor.number] if factor.number else None,
            emails=[factor.email],
            factor=factor.pk,
        )
    return True


def _retire(user: AbstractMfaUser, factor: Factor, status: Status) -> bool:
    if not rebind(user, stronger=False):
        return False
    Factor.objects.not_revoked().filter(pk=factor.pk).become(status)
    return True


def rebind(user: AbstractMfaUser, *, stronger: bool = True) -> bool:
    """End all of the user's sessions and record that they once had a factor.

    `stronger`: they get one that is stronger than an email (EM-07). This also ends the time after a
    reset by support.

    The acting session continues with `update_session_auth_hash`. Return False if the user changed
    since it was loaded. Call it inside a transaction.
    """
    people = get_user_model().objects.filter(pk=user.pk, session_epoch=user.session_epoch)
    changed = people.update(
        session_epoch=F("session_epoch") + 1,
        ever_bound_at=Coalesce("ever_bound_at", timezone.now()),
        only_email_since=None if stronger else F("only_email_since"),
        reset_at=None,
    )
    if changed:
        user.refresh_from_db(
            fields=["session_epoch", "ever_bound_at", "only_email_since", "reset_at"]
        )
    return bool(changed)
