"""An organization's rules for two-step verification: reading, judging and changing them.

An organization has two policies, each called a level here: `own` for its own people, and
`for_clients`, a level above each of its client organizations' own.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import policies
from accounts.cohorts import cohorts
from accounts.combinations import combinations
from accounts.models import Membership, Organization, OrganizationPolicy, User
from accounts.organizations.managers import Manager
from mfa import audit
from mfa.client import Client
from mfa.login import impact
from mfa.login.impact import Impact, Later
from mfa.models import AbstractMfaUser, Event
from mfa.models.policy import Conflict, conflict_of
from mfa.rules.fold import Branch, Combination
from mfa.rules.policy import Enforcement, Policy

DEMANDS_LESS = _("The levels above require more. Choose the same or more.")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a manager chose. Without an enforcement, each client organization decides."""

    enforcement: Enforcement | None
    methods: tuple[str, ...] = ()
    deadline: datetime | None = None
    # None for what the levels above allow
    trust_browser_days: int | None = None
    # The day from which everyone needs a passkey, in the time zone of the request
    passkeys_from: date | None = None


def wishes_of(organization: Organization, level: OrganizationPolicy) -> Wishes:
    """Return what is chosen now. An unset requirement of one's own is what the site requires."""
    return Wishes(
        _stated(organization, level),
        tuple(level.methods),
        level.deadline,
        level.trust_browser_days,
        _day(level.passkeys_from),
    )


def is_for_clients(organization: Organization, level: OrganizationPolicy) -> bool:
    """Whether this is the level above the client organizations' own."""
    return level.pk == organization.for_clients_id


def branch_with(organization: Organization, level: OrganizationPolicy) -> Branch:
    """Return the levels of a person there, or of a client without rules of its own."""
    if is_for_clients(organization, level):
        return Branch((level.layer(organization.name),))
    return policies.branch_of(organization, level)


def policy_with(organization: Organization, level: OrganizationPolicy) -> Policy:
    """Fold what a person there gets, or someone in a client without rules of its own."""
    # `conflict_with` refuses to save rules that leave no method.
    return policies.policy_at(organization.site, branch_with(organization, level))


def conflict_with(organization: Organization, level: OrganizationPolicy) -> Conflict | None:
    """Return the levels and people that would have no method left, or None."""
    site = organization.site.layer(policies.SITE)
    # A level above clients counts also while there are none.
    alone = Combination((branch_with(organization, level),))
    roles = organization.site.in_roles(User.role_layers)
    return conflict_of(site, roles, (*combinations({level.pk: level}), alone))


def demands_less(organization: Organization, level: OrganizationPolicy) -> bool:
    """Whether the level states less than the levels above demand, so it would have no effect."""
    order, least = list(Enforcement), policy_with(organization, level).enforcement
    return bool(level.enforcement) and order.index(least) > order.index(
        Enforcement(level.enforcement)
    )


def most_trust_days(organization: Organization, level: OrganizationPolicy) -> int:
    """Return for how many days the levels above let people trust a browser, 0 for never."""
    above = policy_with(organization, OrganizationPolicy(pk=level.pk))
    return above.trust_browser_for // timedelta(days=1)


def ends_trust(organization: Organization, changed: OrganizationPolicy) -> bool:
    """Whether people there can trust browsers now, and a change ends that trust (TB-02)."""
    before = OrganizationPolicy.objects.get(pk=changed.pk)
    if changed.layer("") == before.layer(""):
        return False
    return bool(policy_with(organization, before).trust_browser_for)


def changed(
    organization: Organization, level: OrganizationPolicy, wishes: Wishes
) -> OrganizationPolicy:
    """Return the level with the wishes, not saved."""
    changed = OrganizationPolicy.objects.get(pk=level.pk)
    if wishes.enforcement is not None:
        changed.enforcement = wishes.enforcement
    elif changed.enforcement != Enforcement.OFF:
        changed.enforcement = ""
    changed.methods, changed.deadline = list(wishes.methods), wishes.deadline
    changed.trust_browser_days = wishes.trust_browser_days
    if wishes.passkeys_from != _day(changed.passkeys_from):
        changed.passkeys_from = _start(wishes.passkeys_from)
    follow(organization, changed)
    return changed


def change(
    actor: User,
    organization: Organization,
    level: OrganizationPolicy,
    wishes: Wishes,
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """Save a manager's wishes for a level. Raises PermissionDenied for anyone else.

    The level is locked before it is read, so that a change to its other fields is kept.
    """
    manager = Manager(actor)
    clients = is_for_clients(organization, level)
    mine = manager.own_organizations() if clients else manager.organizations()
    if not mine.filter(pk=organization.pk).exists():
        raise PermissionDenied
    with transaction.atomic():
        OrganizationPolicy.objects.select_for_update().get(pk=level.pk)
        save(actor, organization, changed(organization, level, wishes), client=client)


def save(
    actor: AbstractMfaUser,
    organization: Organization,
    changed: OrganizationPolicy,
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """Save a changed level: one row, however many people it concerns (D10).

    The caller has checked who may. Raises EmptyPolicyError.
    """
    with transaction.atomic():
        OrganizationPolicy.objects.select_for_update().get(pk=changed.pk)
        organization.site = policies.hold()
        if conflict := conflict_with(organization, changed):
            raise conflict.error
        store(actor, organization, changed, client=client)


def store(
    actor: AbstractMfaUser | None,
    organization: Organization,
    changed: OrganizationPolicy,
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """Save a level without the check of `save`. The caller checks when all levels are stored."""
    with transaction.atomic():
        before = OrganizationPolicy.objects.select_for_update().get(pk=changed.pk)
        follow(organization, changed)
        fields = [
            field.name
            for field in changed._meta.concrete_fields  # noqa: SLF001 Django's public name
            if getattr(before, field.attname) != getattr(changed, field.attname)
        ]
        if fields:
            changed.save(update_fields=fields)
            audit.record(
                Event.RULES_CHANGED,
                actor,
                client=client,
                organization=organization.pk,
                fields=fields,
            )


def follow(organization: Organization, changed: OrganizationPolicy) -> None:
    """Note what a changed requirement means for what people did before (K9, K18, TB-02)."""
    before = OrganizationPolicy.objects.get(pk=changed.pk)
    former, later = (
        OrganizationPolicy(
            enforcement=_stated(organization, each) or "", on_reenable=each.on_reenable
        )
        for each in (before, changed)
    )
    later.follow(former)
    if changed.layer("") != before.layer(""):
        changed.trusts_from = timezone.now()
    changed.skips_from = later.skips_from or changed.skips_from
    changed.enroll_again_from = later.enroll_again_from or changed.enroll_again_from


def impact_of(organization: Organization, level: OrganizationPolicy, now: datetime) -> Impact:
    """Return who a change to a level affects: the organization's own, or that for its clients."""
    site = organization.site
    there = Q(organization__own=level) | Q(organization__parent__for_clients=level)
    people = Membership.objects.in_force().filter(there).values("user")
    return impact.of(site, site, now, cohorts({level.pk: level}), among=Q(pk__in=people))


def impact_in_time(organization: Organization, level: OrganizationPolicy, now: datetime) -> Impact:
    """Return who a change to a level affects, at once or from one of its dates on."""
    dates = level.coming(OrganizationPolicy.objects.get(pk=level.pk), now)
    return impact_of(organization, level.on_dates(dates, now), now)


def later_of(organization: Organization, level: OrganizationPolicy, now: datetime) -> list[Later]:
    """Return what a change to a level means from each of its dates on."""
    dates = level.coming(OrganizationPolicy.objects.get(pk=level.pk), now)
    return [
        Later(day, impact_of(organization, level.on_dates([name], now), now))
        for name, day in dates.items()
    ]


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None


def _start(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _stated(organization: Organization, level: OrganizationPolicy) -> Enforcement | None:
    if level.enforcement or is_for_clients(organization, level):
        return Enforcement(level.enforcement) if level.enforcement else None
    return policy_with(organization, level).enforcement
