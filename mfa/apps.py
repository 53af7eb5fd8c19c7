"""The app's name in the admin, and its checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MfaConfig(AppConfig):
    """The second step; the admin lists it as "Security"."""

    name = "mfa"
    verbose_name = _("Security")

    def ready(self) -> None:
        """Register the system checks."""
        from mfa import checks  # noqa: F401
