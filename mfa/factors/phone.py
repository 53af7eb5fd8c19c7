"""Phones: add a confirmed number, replace one, or assign one to a person."""

from collections.abc import Collection, Mapping

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa import audit
from mfa.client import Client
from mfa.factors.binding import rebind
from mfa.factors.kind import Kind, Words, verify_sent
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor, Status
from mfa.models.factors import FactorQuerySet
from mfa.rules import masking, regions
from mfa.rules.methods import Method

KIND = Kind(
    method=Method.PHONE,
    verify=verify_sent,
    enroll="mfa:enroll_phone",
    add="mfa:change_phone",
    notice="confirmed",
    words=Words(
        label=_("Phone"),
        asked=_("a phone"),
        ready=_("Can get a code by text."),
        by=_("by text"),
        choose=_("Text to the %(name)s"),
        out_of_order=_("Texts are not available right now."),
        add=_("Add a phone number"),
        enroll=_("Text message"),
        about=_(
            "We text a code to your mobile phone. Texts can be late, and criminals can read or "
            "redirect them."
        ),
        enrolled=_("Your phone is set up"),
        from_now_on=_(
            "From now on we text you a code each time you log in. Keep your phone at hand."
        ),
        lost_title=_("Lost phone or wrong number"),
        lost=_("I no longer have this phone"),
        found=_("Back: I have my phone"),
    ),
)
# The version of the text in components/text_notice.html, shown beside the field (PS-02)
TEXT_NOTICE = 2
# At home, at work and abroad, and two to spare. More are likely forgotten.
MOST_PHONES = 5


def phone_of(user: AbstractMfaUser) -> Factor | None:
    """Return the phone that gets the codes of logins: the preferred one, or the newest."""
    return _newest_first(user).usable().order_by("-preferred", "-confirmed_at", "-pk").first()


def are_enough(user: AbstractMfaUser) -> bool:
    """Whether the person has the maximum number of phones."""
    return _newest_first(user).usable().count() >= MOST_PHONES


def numbers_of(user: AbstractMfaUser) -> list[str]:
    """Return the numbers of the phones that the person can log in with."""
    return list(_newest_first(user).usable().values_list("target", flat=True))


def may_have(user: AbstractMfaUser, number: str) -> bool:
    """Whether the person's policy allows this number as a phone."""
    policy = user.mfa_policy
    return Method.PHONE in policy.offered and policy.may_enroll(regions.region_of(number))


def last_number(user: AbstractMfaUser) -> str:
    """Return the person's newest number, even if it was removed; "" if there never was one."""
    phone = _newest_first(user).exclude(status=Status.PROPOSED).first()
    return phone.target if phone else ""


def proposed_number(user: AbstractMfaUser) -> str:
    """Return the number to fill in at the setup (C11), or "". Nothing proves that it is theirs."""
    proposed = _proposed(user)
    return proposed.target if proposed else ""


def drop_proposed(user: AbstractMfaUser) -> bool:
    """Forget a number that waits for its proof. Return whether there was one."""
    proposed = Factor.objects.filter(user_id=user.pk, status=Status.PROPOSED)
    with transaction.atomic():
        return _hold(user) and bool(proposed.delete()[0])


def propose_phone(user: AbstractMfaUser, number: str, *, client: Client) -> None:
    """Keep a number that the person typed, to fill in at the setup. It gets no message."""
    _write(_proposed(user) or Factor(user_id=user.pk), number, Status.PROPOSED, client)


def propose_phones(numbers: Mapping[int, str], *, client: Client) -> None:
    """Keep the numbers of people by their ids, who have no factor and no number yet."""
    Factor.objects.bulk_create(
        _filled(Factor(user_id=person), number, Status.PROPOSED, client)
        for person, number in numbers.items()
    )


def save_number(user: AbstractMfaUser, number: str, *, client: Client) -> None:
    """Keep a new number until its code proves it. The old one works until then (C14, K7).

    The audit has one event for a number, however often its code is asked for. Nothing is saved if
    the user changed since it was loaded.
    """
    with transaction.atomic():
        if not _hold(user):
            return
        saved = _proposed(user)
        again = saved is not None and saved.target == number
        _write(saved or Factor(user_id=user.pk), number, Status.PROPOSED, client)
        if again:
            return
        audit.record(Event.NUMBER_SAVED, user, client=client, new_ending=masking.ending(number))


def add_phone(user: AbstractMfaUser, number: str, *, client: Client) -> bool:
    """Add a confirmed number, and notify the person's other phones.

    Return False, without any change, if the user changed since it was loaded, or has the maximum.
    This prevents someone with a stolen password from adding a phone next to the owner's.
    """
    with transaction.atomic():
        if are_enough(user) or not rebind(user):
            return False
        others = notices.numbers_of(user)
        phone = _bind(user, number, client)
        _tell_of_added(user, phone, others, client)
    return True


def change_phone(
    user: AbstractMfaUser, number: str, *, client: Client, all_of_them: bool = False
) -> bool:
    """Replace the phone that gets the codes with a confirmed number (A28, A29).

    `all_of_them`: the setup of a login replaces the person's other phones too. Lost and disabled
    phones are always replaced and notified, because they belong to the owner. Return False if the
    user changed since it was loaded, as in `add_phone`.
    """
    with transaction.atomic():
        if not rebind(user):
            return False
        kept = [] if all_of_them else _others(user)
        former = end_phones(user, but=kept)
        phone = _bind(user, number, client)
        if former:
            numbers = [*former, *(other.target for other in kept)]
            _tell_of_changed(user, phone, former[0], numbers, client)
        else:
            # The new phone has just received a code.
            _tell_of_added(user, phone, [], client)
    return True


def end_phones(user: AbstractMfaUser, *, but: Collection[Factor] = ()) -> list[str]:
    """End the phones of a person, but not some, and return their numbers, newest first."""
    phones = _newest_first(user).bound().exclude(pk__in=[phone.pk for phone in but])
    numbers = list(phones.values_list("target", flat=True))
    phones.become(Status.REVOKED)
    return numbers


def assign_phone(
    user: AbstractMfaUser, number: str, *, reason: str, by: AbstractMfaUser, client: Client
) -> bool:
    """Assign a number to a person. The code of the next login goes to it and proves it (B16, K6).

    This ends the person's sessions and notifies the old number and the email address. Return False
    if the user changed since it was loaded. `mfa.rescue` decides who may.
    """
    with transaction.atomic():
        if not rebind(user):
            return False
        # The lost phone may be a recognized device too.
        people = get_user_model().objects.filter(pk=user.pk)
        people.update(device_epoch=F("device_epoch") + 1)
        former = end_phones(user)
        phone = _write(_proposed(user) or Factor(user_id=user.pk), number, Status.ASSIGNED, client)
        notices.tell(
            Event.NUMBER_ASSIGNED,
            user,
            client=client,
            numbers=former,
            factor=phone.pk,
            new_ending=masking.ending(number),
            reason=reason,
            by=by.pk,
        )
    return True


def _hold(user: AbstractMfaUser) -> bool:
    """Lock the person's row, so that no saved number changes while its code makes it a phone.

    Return False if the user changed since it was loaded.
    """
    people = get_user_model().objects.select_for_update(no_key=True)
    return people.filter(pk=user.pk, session_epoch=user.session_epoch).first() is not None


def _newest_first(user: AbstractMfaUser) -> FactorQuerySet:
    phones = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.PHONE)
    return phones.order_by("-confirmed_at", "-pk")


def _others(user: AbstractMfaUser) -> list[Factor]:
    """Return the phones besides the one that gets the codes."""
    phone = phone_of(user)
    return list(_newest_first(user).usable().exclude(pk=phone.pk)) if phone else []


def _bind(user: AbstractMfaUser, number: str, client: Client) -> Factor:
    """Return the phone with a verified number. The row of a proposed one becomes it."""
    phone = _proposed(user) or Factor(user_id=user.pk)
    return _write(phone, number, Status.ACTIVE, client)


def _write(phone: Factor, number: str, status: Status, client: Client) -> Factor:
    _filled(phone, number, status, client).save()
    return phone


def _filled(phone: Factor, number: str, status: Status, client: Client) -> Factor:
    phone.target, phone.status = number, status
    phone.confirmed_at = phone.status_at = timezone.now()
    phone.address, phone.browser = client.address or None, client.browser
    return phone


def _proposed(user: AbstractMfaUser) -> Factor | None:
    return _newest_first(user).filter(status=Status.PROPOSED).first()


def _tell_of_added(user: AbstractMfaUser, phone: Factor, others: list[str], client: Client) -> None:
    notices.tell(
        Event.FACTOR_ADDED,
        user,
        client=client,
        numbers=others,
        factor=phone.pk,
        ending=masking.ending(phone.target),
        text_notice=TEXT_NOTICE,
    )


def _tell_of_changed(
    user: AbstractMfaUser, phone: Factor, former: str, numbers: list[str], client: Client
) -> None:
    notices.tell(
        Event.FACTOR_CHANGED,
        user,
        client=client,
        numbers=numbers,
        old_ending=masking.ending(former),
        factor=phone.pk,
        new_ending=masking.ending(phone.target),
        text_notice=TEXT_NOTICE,
    )
