"""The app's name, and the groups that exist once its permissions do."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and organizations."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Offer the actions, and make the groups after each migrate: then permissions exist."""
        from accounts.actions import register
        from accounts.groups import make_groups

        register()
        post_migrate.connect(make_groups, dispatch_uid="accounts.make_groups")
