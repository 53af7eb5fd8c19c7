"""`manage.py test_sms +447546123456`: one text by the stored SMS account, without a code."""

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from mfa import channels
from mfa.channels.base import DeliveryError, Message
from mfa.models import AccountPolicy
from mfa.rules import contacts
from mfa.rules.routes import ChannelName


class Command(BaseCommand):
    """Sends at once, past the queue, so that what is tested is the account and the way to it."""

    help = "Text a test message to a number. Exit code 0 when the provider took it, else 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number."""
        parser.add_argument("number", help="with its country code: +44 7546 123456")
        parser.add_argument("--json", action="store_true", help="one object")

    def handle(self, *_args: str, **options: str) -> None:
        """Send, and say what the provider said."""
        policy = AccountPolicy.load()
        number = contacts.read(
            options["number"],
            home_region=policy.home_region or None,
            allow_voip=True,
            test_prefixes=settings.SMS_TEST_NUMBERS,
        )
        if isinstance(number, contacts.Misread):
            raise CommandError(
                f"This is no number that gets texts: {number.mistake}.", returncode=2
            )
        text = _("%(name)s: a test message. Nothing needs to be done.")
        message = Message(to=number.e164, text=text % {"name": settings.PORTAL_NAME})
        channel = channels.get(ChannelName.SMS)
        try:
            receipt = channel.send(message)
        except DeliveryError as error:
            raise CommandError(channel.explain(error.reason, error.code)) from None
        said = {
            "to": contacts.ending(number.e164),
            "id": receipt.provider_id,
            "state": receipt.progress,
        }
        line = f"Taken for the number ending {said['to']} as {said['id']}: {said['state']}."
        self.stdout.write(json.dumps(said) if options["json"] else line)
