"""Passkeys and security keys: options for browsers, new passkeys, and their answers."""

from django.utils.translation import gettext_lazy as _

from mfa.factors.kind import Kind, Words
from mfa.factors.passkey.answers import identify, judge, use, verify
from mfa.factors.passkey.creation import add, read_new
from mfa.factors.passkey.options import (
    MOST_PASSKEYS,
    are_enough,
    options_to_add,
    options_to_answer,
    options_to_log_in,
    signals_of,
    unknown_in,
)
from mfa.factors.passkey.refusals import CHECKS
from mfa.models.passkeys import PasskeyChallenge
from mfa.rules.methods import Method

KIND = Kind(
    method=Method.PASSKEY,
    verify=verify,
    page="mfa:passkey",
    enroll="mfa:enroll_passkey",
    add="mfa:add_passkey",
    notice="passkey",
    challenges=PasskeyChallenge,
    several=True,
    icon="key",
    facts="components/passkey_facts.html",
    help="components/passkey_help.html",
    script="portal/passkey.js",
    signals=signals_of,
    details=CHECKS,
    words=Words(
        label=_("Passkey or security key"),
        asked=_("a passkey"),
        ready=_("Can use a passkey."),
        by=_("by passkey"),
        logs_in=_("You log in with a passkey."),
        set_up=_("Your passkey is set up. Log in again to continue."),
        added=_("Your passkey is added. You can log in with it."),
        lost_way=_(
            "Otherwise press “Can't use your passkey?”, then “I no longer have my passkey” to set "
            "up a new way to log in by email."
        ),
        choose=_("A passkey or security key"),
        out_of_order=_("Passkeys are not available right now."),
        add=_("Add a passkey or security key"),
        enroll=_("Passkey or security key"),
        about=_(
            "You unlock your phone, computer or security key. There is no code to type, and it "
            "can't be used on a fake website."
        ),
        enrolled=_("Your passkey is set up"),
        from_now_on=_("From now on you can log in with your passkey."),
        lost_title=_("Lost passkey"),
        lost=_("I no longer have my passkey"),
        found=_("Back: I have my passkey"),
    ),
)

__all__ = [
    "KIND",
    "MOST_PASSKEYS",
    "add",
    "are_enough",
    "identify",
    "judge",
    "options_to_add",
    "options_to_answer",
    "options_to_log_in",
    "read_new",
    "signals_of",
    "unknown_in",
    "use",
]
