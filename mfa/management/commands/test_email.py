"""`manage.py test_email pat@example.com`: one mail by the configured server, without a code."""

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from mfa import channels
from mfa.channels.base import DeliveryError, Message
from mfa.rules import contacts
from mfa.rules.routes import ChannelName


class Command(BaseCommand):
    """Sends at once, past the queue, so that what is tested is the server and the way to it."""

    help = "Mail a test message to an address. Exit code 0 when the server took it, else 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address."""
        parser.add_argument("address")
        parser.add_argument("--json", action="store_true", help="one object")

    def handle(self, *_args: str, **options: str) -> None:
        """Send, and say what the server said."""
        try:
            validate_email(options["address"])
        except ValidationError:
            raise CommandError("This is no mail address.", returncode=2) from None
        if not channels.available(ChannelName.EMAIL):
            raise CommandError("There is no mail server: set EMAIL_URL.")
        words = {"name": settings.PORTAL_NAME, "address": settings.BASE_URL}
        subject = _("%(name)s: a test message")
        text = _("This mail was sent from %(address)s to test its mail server.")
        channel = channels.get(ChannelName.EMAIL)
        try:
            receipt = channel.send(
                Message(to=options["address"], subject=subject % words, text=text % words)
            )
        except DeliveryError as error:
            raise CommandError(channel.explain(error.reason, error.code)) from None
        said = {"to": contacts.masked_email(options["address"]), "id": receipt.provider_id}
        line = f"Taken for {said['to']} as {said['id']}."
        self.stdout.write(json.dumps(said) if options["json"] else line)
