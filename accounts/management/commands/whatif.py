"""`manage.py whatif pat@example.com`: the levels of one person, and what each decides."""

import json
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from accounts import what_if
from accounts.models import User
from mfa.rules.emails import normalize


class Command(BaseCommand):
    """Read-only: nothing is sent, counted or written."""

    help = (
        "Show the levels of the policy that apply to a person, what each decides, and what the "
        "next login asks and why. Exit code 2: no person with this email."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person."""
        parser.add_argument("email")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: str, **options: str) -> None:
        """Print the levels, the policy and the next login."""
        email = normalize(options["email"])
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no person with the email {email}.", returncode=2)
        found = what_if.of(user)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found), indent=1))
            return
        for level in found.levels:
            self.stdout.write(level.title)
            for each in level.settings:
                mark = "*" if each.decides else "-"
                self.stdout.write(f"  {mark} {each.label}: {each.value}")
        self.stdout.write(found.sentence)
        self.stdout.write(found.next_login)
        for reason in found.reasons:
            self.stdout.write(f"- {reason}")
