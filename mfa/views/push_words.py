"""The words of a request's state, on the computer."""

from typing import assert_never

from django.utils.translation import gettext

from mfa.rules.push import RequestState


def state_words(state: RequestState | None, reached: int | None) -> str:
    """Return a request's state in words. `reached` phones were alerted, None before it was sent."""
    match state:
        case None:
            return gettext("No request was sent. Use another way.")
        case RequestState.OPEN:
            return _waiting(reached)
        case RequestState.APPROVED:
            return gettext("You approved on your phone. Press Continue.")
        case RequestState.USED:
            return gettext("This request has already been used. Send a new one.")
        case RequestState.DENIED:
            return gettext(
                "The request was refused on your phone. "
                "If that was not you, change your password now."
            )
        case RequestState.MISTYPED:
            return gettext("The number typed on your phone was wrong. Send a new request.")
        case RequestState.REPLACED:
            return gettext("A newer request replaced this one. Only the newest can be approved.")
        case RequestState.EXPIRED:
            return gettext(
                "No answer from your phone within two minutes. Send again or use a text."
            )
        case _:
            assert_never(state)


def _waiting(reached: int | None) -> str:
    if reached == 0:
        return gettext("We could not alert your phone. Open the portal on it to see the request.")
    return gettext("Waiting for your phone.")
