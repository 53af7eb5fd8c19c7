"""What several commands read from their arguments."""

from django.core.management.base import CommandError

from accounts.models import Organization


def organization_of(slug: str | None) -> Organization | None:
    """Return the organization of `--organization SLUG`, or None without it.

    Raises CommandError for an unknown short name.
    """
    if not slug:
        return None
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organization with the short name {slug}.")
    return found
