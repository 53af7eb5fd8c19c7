"""`manage.py demo`: adds people to log in as, and prints where to read their texts."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from portal.demo import people
from portal.demo.organizations import CLINIC


class Command(BaseCommand):
    """Adds the demo people and prints their logins."""

    help = "Add the demo people and print their logins."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Add and print."""
        # The audit lines of the demo people would hide the table below.
        logging.disable(logging.INFO)
        people.make()
        logging.disable(logging.NOTSET)
        self.stdout.write(f"\n  The portal          {settings.BASE_URL}/")
        self.stdout.write(f"  The virtual phone   {settings.BASE_URL}/demo/phone/")
        self.stdout.write(f"  The administration  {settings.BASE_URL}/admin/")
        clinic = reverse("accounts:register_at", args=[CLINIC])
        self.stdout.write(f"  Register as patient {settings.BASE_URL}{clinic}\n\n")
        self.stdout.write("  Log in as           with the password     to see\n")
        for person in people.PEOPLE:
            self.stdout.write(f"  {person.email:<19} {person.password:<21} {person.note}")
        self.stdout.write("")
