"""Organizations: companies whose people log in under rules of their own."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.models import SitePolicy, plain_text
from mfa.models.level import Level


class OrganizationPolicy(Level):
    """What one organization sets. A new one leaves everything to the levels above."""

    registration = models.BooleanField(
        _("People can register themselves"),
        default=False,
        help_text=_("They become members when their email is verified."),
    )

    # K9: the default of organizations
    on_reenable_if_unset = Level.Reenable.ENROLL_AGAIN.value

    class Meta:
        """Organizations have their own pages for it."""

        default_permissions = ()
        verbose_name = _("organization policy")
        verbose_name_plural = _("organization policies")

    def __str__(self) -> str:
        """Name the row."""
        return f"organization policy {self.pk}"


class Organization(models.Model):
    """A company. A partner is an organization that other organizations have as their parent.

    `own` applies to its members, `for_clients` to the members of the organizations below it. The
    site is the outermost level of each, so one statement reads a person's levels (AZ-04).
    """

    name = models.CharField(_("name"), max_length=150, validators=[plain_text.check_unlinked])
    slug = models.SlugField(
        _("short name"), max_length=50, unique=True, help_text=_("Part of its web addresses.")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name=_("partner"),
        help_text=_("The organization that has this one as a client."),
    )
    site = models.ForeignKey(
        SitePolicy, models.PROTECT, default=1, related_name="+", editable=False
    )
    own = models.OneToOneField(OrganizationPolicy, models.PROTECT, related_name="+", editable=False)
    for_clients = models.OneToOneField(
        OrganizationPolicy, models.PROTECT, related_name="+", editable=False
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Names in the admin."""

        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering: ClassVar = ["name", "pk"]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="organization_names")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("pk")), name="organization_own_parent"
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. A new organization gets its two empty policies."""
        if self._state.adding:
            SitePolicy.load()
            if self.own_id is None:
                self.own = OrganizationPolicy.objects.create()
            if self.for_clients_id is None:
                self.for_clients = OrganizationPolicy.objects.create()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse another organization's former short name, and a second level of partners."""
        others = Organization.objects.exclude(pk=self.pk)
        if others.filter(former_slugs__slug=self.slug).exists():
            words = _("Another organization had this short name, and links with it lead there.")
            raise ValidationError({"slug": words})
        if self.parent_id is None:
            return
        if self.parent_id == self.pk or (self.parent and self.parent.parent_id is not None):
            raise ValidationError({"parent": _("Choose an organization that is not a client.")})
        if self.pk and self.clients.exists():
            raise ValidationError(
                {"parent": _("This organization has clients, so it cannot become a client.")}
            )
