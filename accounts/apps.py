"""The app's name, and the groups that exist once its permissions do."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and organizations."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Make the groups after each migrate: permissions exist only then."""
        from accounts.groups import make_groups

        post_migrate.connect(make_groups, dispatch_uid="accounts.make_groups")
