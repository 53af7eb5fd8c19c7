"""Short names that organizations had before."""

from django.db import models

from accounts.models.organizations import Organization


class FormerSlug(models.Model):
    """A short name that an organization had. Links with it still lead there.

    So no other organization gets it (org7).
    """

    slug = models.SlugField(max_length=50, unique=True)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="former_slugs")

    class Meta:
        """It needs no permissions."""

        default_permissions = ()

    def __str__(self) -> str:
        """Return the short name."""
        return self.slug
