"""The app's name in the admin, and its checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MfaConfig(AppConfig):
    """The second step; the admin lists it as "Security"."""

    name = "mfa"
    verbose_name = _("Security")

    def ready(self) -> None:
        """Register the system checks, and the tasks that are woken by their name."""
        from mfa import checks, circuit, failures  # noqa: F401
