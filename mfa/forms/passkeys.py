"""What pages say about passkeys that were refused."""

from django.utils.translation import gettext

from mfa.rules.passkeys import Check


def refusal_words(check: Check, *, address: str) -> str:
    """Return why a passkey was refused, and what to do. `address` is where passkeys work."""
    match check:
        case Check.KNOWN | Check.ALLOWED:
            return gettext("This passkey can't be used here. It may have been removed.")
        case Check.OWNER | Check.HANDLE:
            return gettext("This passkey belongs to another account.")
        case Check.VERIFIED:
            return gettext(
                "Your device did not check that it's you. Log in with your password, then use this "
                "passkey as the second step."
            )
        case Check.ELIGIBLE:
            return gettext(
                "This passkey has changed, so we can't accept it. Log in another way, remove the "
                "passkey and add it again."
            )
        case Check.COUNTER:
            return gettext(
                "This passkey may have been copied, so we can't accept it. Log in another way, "
                "remove the passkey and add a new one."
            )
        case Check.CHALLENGE:
            return gettext("The page was open for too long. Try again.")
        case Check.UNIQUE:
            return gettext("This passkey is already set up.")
        case Check.ALGORITHM | Check.LENGTH:
            return gettext("This kind of security key is not supported. Use another one.")
        case Check.ORIGIN | Check.SITE | Check.CROSS_ORIGIN | Check.TOP_ORIGIN:
            return gettext("Passkeys work only at %s. Open that address.") % address
        case _:
            return gettext("We could not check this passkey. Try again.")
