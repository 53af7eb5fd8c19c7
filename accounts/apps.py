"""The app configuration, which also creates the groups."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and organizations."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Register the actions, and create the groups after each migrate."""
        from accounts.people.actions import register
        from accounts.people.groups import make_groups

        register()
        post_migrate.connect(make_groups, dispatch_uid="accounts.make_groups")
