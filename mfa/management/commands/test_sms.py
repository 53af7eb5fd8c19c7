"""`manage.py test_sms +447546123456`: one text with the stored SMS account, without a code."""

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from mfa import channels
from mfa.channels.base import DeliveryError, Message
from mfa.models import SitePolicy
from mfa.rules import masking, phone_numbers
from mfa.rules.methods import ChannelName


class Command(BaseCommand):
    """Sends directly and not by the queue, to test just the account and the connection."""

    help = "Send a test text. Exit code 0 if the provider accepted it, otherwise 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number."""
        parser.add_argument("number", help="with country code, for example +44 7546 123456")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: str, **options: str) -> None:
        """Send, and print the provider's answer."""
        policy = SitePolicy.load()
        number = phone_numbers.read(
            options["number"],
            home_region=policy.home_region or None,
            allow_voip=True,
            test_prefixes=settings.SMS_TEST_NUMBERS,
        )
        if isinstance(number, phone_numbers.Misread):
            raise CommandError(f"This number cannot receive texts: {number.mistake}.", returncode=2)
        text = _("%(name)s: this is a test message. You can ignore it.")
        message = Message(to=number.e164, text=text % {"name": policy.portal_name})
        channel = channels.get(ChannelName.SMS)
        try:
            receipt = channel.send(message)
        except DeliveryError as error:
            raise CommandError(channel.explain(error.reason, error.code)) from None
        said = {
            "to": masking.ending(number.e164),
            "id": receipt.provider_id,
            "state": receipt.progress,
        }
        line = f"Sent to the number ending {said['to']} (ID {said['id']}, {said['state']})."
        self.stdout.write(json.dumps(said) if options["json"] else line)
