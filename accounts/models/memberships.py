"""Memberships: who belongs to which organization, and who looks after its people."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization

if TYPE_CHECKING:
    from accounts.models.users import User


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by what they allow now."""

    def in_force(self) -> "MembershipQuerySet":
        """Keep those that were not ended, in organizations that are active.

        The one rule for this: login, managers' pages, invitations and links all ask it.
        """
        return self.filter(ended_at=None, organization__is_active=True)

    def managing(self, now: datetime) -> "MembershipQuerySet":
        """Keep the managers in force who can log in, and did not close their account."""
        valid = Q(user__valid_from=None) | Q(user__valid_from__lte=now)
        valid &= Q(user__valid_until=None) | Q(user__valid_until__gt=now)
        managers = self.in_force().filter(role=Membership.Role.MANAGER)
        return managers.filter(valid, user__is_active=True, user__closed_at=None)


class Membership(models.Model):
    """A person's place in an organization. A row stays after its end, so the account stays shut."""

    class Role(models.TextChoices):
        """What the person does there."""

        MEMBER = "member", _("member")
        MANAGER = "manager", _("manager")

    user: "models.ForeignKey[User, User]" = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
        db_index=False,
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        related_name="memberships",
        verbose_name=_("organization"),
        db_index=False,
    )
    role = models.CharField(_("role"), max_length=7, choices=Role, default=Role.MEMBER)
    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        """One row for a person and an organization."""

        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "organization"], name="membership_once"),
        ]
        indexes: ClassVar = [
            # For the pages of an organization's people, newest first
            models.Index(
                fields=["organization", "-id"],
                condition=Q(ended_at=None),
                name="membership_of_organization",
            ),
            models.Index(
                fields=["organization"],
                condition=Q(role="manager", ended_at=None),
                name="membership_managers",
            ),
        ]

    def __str__(self) -> str:
        """Name the person and the organization."""
        return f"{self.user}, {self.organization}"

    @property
    def is_in_force(self) -> bool:
        """Whether it was not ended and its organization is active, as `in_force` says."""
        return self.ended_at is None and self.organization.is_active
