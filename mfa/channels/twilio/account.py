"""The three values of a Twilio account, with the names from its console."""

import re

from django.utils.translation import gettext, gettext_lazy as _

from mfa.channels.base import AccountWords

ACCOUNT_ID = re.compile(r"AC[0-9a-fA-F]{32}")
MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
WORDS = AccountWords(
    about=_(
        "Texts are sent through your own Twilio account, and each text costs money. Enter the "
        "three values, send a test message, then enable MFA."
    ),
    account_id=_("“Account SID” on the first page of the Twilio console. Starts with AC."),
    auth_token=_("“Auth Token” on the first page of the Twilio console."),
    phone_number=_(
        "The number texts are sent from (trial or purchased), in any format. Or the ID of a "
        "messaging service, which starts with MG."
    ),
    before_steps=_(
        "Texts are sent through your own Twilio account, and each text costs money. A free "
        "trial is enough to see how it works. It sends only to numbers that you verify at Twilio."
    ),
    steps=(
        _("Open twilio.com and choose to sign up."),
        _(
            "Enter your name, your email and a password, accept the terms, and start the "
            "free trial."
        ),
        _("Open the email from Twilio and confirm your email address."),
        _("Enter your mobile number and press Verify."),
        _("Enter the code that Twilio texts to you, and press Submit."),
        _("Skip the questions about your plans to open the dashboard."),
        _("Press the button to get a trial phone number."),
        _("Choose the number that Twilio offers."),
        _(
            "Copy three values from the dashboard: Account SID, Auth Token, and the trial "
            "phone number. Enter them as SMS Account ID, SMS Authentication Token and SMS "
            "Phone Number of the account policy."
        ),
    ),
    after_steps=_(
        "Before you enable MFA for everyone, verify a few numbers at Twilio and send them test "
        "messages. New trial accounts send only texts that Twilio has written, never codes. In "
        "that case you need a paid account."
    ),
    costs=_("Cost of your texts at Twilio"),
    costs_url="https://www.twilio.com/console/usage",
    straight=_(
        "Texts go directly to Twilio. If your network needs a proxy, ask the operator to set "
        "SMS_PROXY_URL."
    ),
    trial=_(
        "This is a trial account. It sends only to numbers that you verified at Twilio. A new "
        "one sends only Twilio's own texts, never codes."
    ),
    unredacted=_(
        "Twilio still stores texts and numbers, because Message Redaction is not enabled for "
        "this account. Ask Twilio to enable it, or ask the operator to turn SMS_REDACT off. "
        "Texts are still sent."
    ),
)


def refuse(account_id: str) -> str:
    """Return why this is not an account SID, or "" if it can be one."""
    if ACCOUNT_ID.fullmatch(account_id):
        return ""
    return gettext("An account ID starts with AC and has 32 more digits or letters a to f.")


def is_service(sender: str) -> bool:
    """Whether a sender is a messaging service, which selects a number for each country."""
    return bool(MESSAGING_SERVICE.fullmatch(sender))
