"""The app configuration, which also creates the groups."""

from datetime import timedelta

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and organizations."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Register actions and retention, and create the groups after each migrate."""
        from accounts.models import Invitation, PeopleImport, Registration
        from accounts.people.actions import register
        from accounts.people.groups import make_groups
        from mfa import retention
        from mfa.retention import Rule, after

        register()
        # Addresses of people who may never have had an account. Questions come within weeks.
        retention.add(Rule(Invitation, after(Invitation, "expires_at", timedelta(days=30))))
        # RG-01: the address was never proven. A week, because people read their email late.
        retention.add(Rule(Registration, after(Registration, "created_at", timedelta(days=7))))
        # Its lines are people's data. A week, to correct the file and to answer questions.
        retention.add(Rule(PeopleImport, after(PeopleImport, "created_at", timedelta(days=7))))
        post_migrate.connect(make_groups, dispatch_uid="accounts.make_groups")
