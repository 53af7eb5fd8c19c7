"""`manage.py new_push_key`: another key for approval on the phone, in the settings file."""

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mfa.factors import push
from portal.newenv import new_push_key

LINE = re.compile(r"^#?VAPID_PRIVATE_KEY=.*$", re.MULTILINE)


class Command(BaseCommand):
    """Phones subscribed with the old key. Each gets requests again after it opened the portal."""

    help = (
        "Write a new VAPID_PRIVATE_KEY to the settings file. Restart the portal afterwards. "
        "Each phone gets requests again after its next visit; doctor says how many are missing."
    )
    # It repairs a key that a check refuses.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the key goes."""
        words = "only print the line, for settings that are not in a file here"
        parser.add_argument("--print", action="store_true", help=words)

    def handle(self, *_args: str, **options: Any) -> None:
        """Replace the line, or add it."""
        file = Path(settings.SETTINGS_FILE)
        line = f"VAPID_PRIVATE_KEY={new_push_key()}"
        if options["print"]:
            self.stdout.write(line)
            return
        try:
            text = file.read_text(encoding="utf-8")
            changed, found = LINE.subn(line, text, count=1)
            file.write_text(changed if found else f"{text.rstrip()}\n{line}\n", encoding="utf-8")
        except OSError as error:
            words = f"{file} cannot be changed: {error.strerror}."
            raise CommandError(f"{words} Run this as its owner, or with --print.") from None
        phones = push.forget_subscriptions()
        self.stdout.write(
            f"{file} has a new VAPID_PRIVATE_KEY. Restart the portal to use it. "
            f"{phones} phones get requests again once their owners open the portal on them."
        )
