"""The project's own app: templates, static files, checks and the admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """Django's admin with the portal's site."""

    default_site = "portal.admin.PortalAdminSite"


class PortalConfig(AppConfig):
    """The project."""

    name = "portal"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from portal import checks  # noqa: F401
