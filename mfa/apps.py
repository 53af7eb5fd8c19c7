"""The app configuration: its name in the admin, and its checks."""

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class MfaConfig(AppConfig):
    """The second step; the admin lists it as "Security"."""

    name = "mfa"
    verbose_name = _("Security")

    def ready(self) -> None:
        """Register the system checks, the admin's pages, and tasks that are called by name.

        The pages cannot be imported in mfa.admin: the admin site imports mfa.admin.base, and a page
        registers with that site.
        """
        from mfa import checks  # noqa: F401
        from mfa.messages import circuit, failures  # noqa: F401

        if apps.is_installed("django.contrib.admin"):
            from mfa.admin import pages  # noqa: F401
