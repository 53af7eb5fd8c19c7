"""An organization's details, and turning it off and on. The callers have checked who may."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import policies
from accounts.combinations import among
from accounts.models import Membership, Organization, OrganizationPolicy, User
from mfa import audit
from mfa.client import Client
from mfa.models import AbstractMfaUser, Event
from mfa.models.policy import Conflict, conflict_of
from mfa.sessions import revoke


class ConflictError(ValueError):
    """The change would leave people no verification method."""

    def __init__(self, conflict: Conflict) -> None:
        """Store the levels and the people."""
        super().__init__(str(conflict))
        self.conflict = conflict


def save(
    actor: AbstractMfaUser,
    organization: Organization,
    fields: Iterable[str],
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """Store a new organization, or these fields of one. Raises ConflictError."""
    changed = sorted(fields)
    with _without_conflict(organization):
        if "slug" in changed and organization.pk:
            _keep_former_slug(organization)
        organization.save(update_fields=None if organization._state.adding else changed)  # noqa: SLF001 Django's public name
        if "parent" in changed:
            # Other levels stand above its people now, or again (TB-02).
            OrganizationPolicy.objects.filter(pk=organization.own_id).update(
                trusts_from=timezone.now()
            )
        _record(actor, organization, client, changed)


def refuse(organization: Organization) -> Conflict | None:
    """Return what saving the organization would leave without a method. Nothing is stored."""
    tried = copy(organization)
    try:
        with transaction.atomic():
            with _without_conflict(tried):
                tried.save()
            transaction.set_rollback(True)
    except ConflictError as error:
        return error.conflict
    return None


def switch(
    actor: AbstractMfaUser, organization: Organization, *, on: bool, client: Client = audit.NOWHERE
) -> None:
    """Turn an organization on or off. Turning it off ends its people's sessions (org1).

    That includes logins in progress. Staff stay logged in: they need no membership. Raises
    ConflictError if an organization that is turned on leaves people no method.
    """
    with _without_conflict(organization):
        rows = Organization.objects.select_for_update(of=("self",), no_key=True)
        held = rows.get(pk=organization.pk)
        if held.is_active == on:
            return
        held.is_active = organization.is_active = on
        held.save(update_fields=["is_active"])
        if not on:
            revoke.end_for(people_of(held))
        _record(actor, held, client, ["is_active"])


def people_of(organization: Organization) -> QuerySet[User]:
    """Return the people whose membership was not ended, without staff."""
    rows = Membership.objects.filter(organization=organization, ended_at=None)
    return User.objects.filter(pk__in=rows.values("user"), is_staff=False)


def _keep_former_slug(organization: Organization) -> None:
    """Reserve the short name that an organization had until now."""
    former = Organization.objects.get(pk=organization.pk).slug
    organization.former_slugs.filter(slug=organization.slug).delete()
    organization.former_slugs.get_or_create(slug=former)


@contextmanager
def _without_conflict(organization: Organization) -> Iterator[None]:
    with transaction.atomic():
        yield
        if not organization.is_active:
            return
        site = policies.hold()
        here = Organization.objects.filter(pk=organization.pk)
        roles = site.in_roles(User.role_layers)
        if conflict := conflict_of(site.layer(policies.SITE), roles, among(here, {})):
            raise ConflictError(conflict)


def _record(
    actor: AbstractMfaUser, organization: Organization, client: Client, fields: list[str]
) -> None:
    audit.record(
        Event.ORGANIZATION_CHANGED,
        actor,
        client=client,
        organization=organization.pk,
        fields=fields,
    )
