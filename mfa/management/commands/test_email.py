"""`manage.py test_email pat@example.com`: one email by the configured server, without a code."""

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from mfa import channels
from mfa.channels.base import DeliveryError, Message
from mfa.models import SitePolicy
from mfa.rules import masking
from mfa.rules.methods import ChannelName


class Command(BaseCommand):
    """Sends directly and not by the queue, to test just the server and the connection."""

    help = "Send a test email. Exit code 0 if the mail server accepted it, otherwise 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address."""
        parser.add_argument("address")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: str, **options: str) -> None:
        """Send, and print the server's answer."""
        try:
            validate_email(options["address"])
        except ValidationError:
            raise CommandError("This is not an email address.", returncode=2) from None
        if not channels.available(ChannelName.EMAIL):
            raise CommandError("No mail server is configured. Set EMAIL_URL.")
        words = {"name": SitePolicy.brand().name, "address": settings.BASE_URL}
        subject = _("%(name)s: test email")
        text = _("This test email was sent by %(address)s. Email is working.")
        channel = channels.get(ChannelName.EMAIL)
        try:
            receipt = channel.send(
                Message(to=options["address"], subject=subject % words, text=text % words)
            )
        except DeliveryError as error:
            raise CommandError(channel.explain(error.reason, error.code)) from None
        said = {"to": masking.masked_email(options["address"]), "id": receipt.provider_id}
        line = f"Sent to {said['to']} (ID {said['id']})."
        self.stdout.write(json.dumps(said) if options["json"] else line)
