"""One text as a create request, and Twilio's answer to it."""

from twilio.base import values
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from mfa.channels.base import DeliveryError, Message, Progress, Receipt, Sent
from mfa.channels.twilio.account import is_service
from mfa.channels.twilio.errors import fault
from mfa.channels.twilio.receipts import MESSAGE_ID, PROGRESS, address
from mfa.models import Reason

# Twilio allows 1 to 36000 s and advises more than 5.
SHORTEST_LIFE, LONGEST_LIFE = 6, 36_000


def create(
    sender: str,
    message: Message,
    client: Client,
    *,
    feedback: bool = False,
    redact: bool = False,
    intent: str = "",
) -> Receipt | DeliveryError:
    """Send the text. Raises what the SDK raises.

    `feedback` announces a later confirm() for a code. With `redact` Twilio keeps neither the text
    nor the whole number. `intent` is Twilio's word for the kind of text.
    """
    service = is_service(sender)
    answer = client.messages.create(
        to=message.to,
        from_=values.unset if service else sender,
        messaging_service_sid=sender if service else values.unset,
        body=message.text,
        validity_period=_life(message.life_seconds),
        attempt=message.attempt if message.attempt > 1 else values.unset,
        smart_encoded=True,
        # Notices have no expiry and no code to enter, so they would count as lost codes.
        provide_feedback=True if feedback and message.life_seconds is not None else values.unset,
        content_retention="discard" if redact else values.unset,
        address_retention="obfuscate" if redact else values.unset,
        message_intent=intent or values.unset,
        status_callback=address(message.receipt_id) or values.unset,
    )
    return _receipt(answer)


def confirm(message_id: str, client: Client) -> None:
    """Report that the code of a text was entered. Raises what the SDK raises."""
    client.messages(message_id).feedback.create(outcome="confirmed")


def _life(seconds: int | None) -> object:
    """Prevent delivery after the code expired (OT-13). Twilio's default is ten hours."""
    if seconds is None:
        return values.unset
    return min(max(seconds, SHORTEST_LIFE), LONGEST_LIFE)


def _receipt(answer: MessageInstance) -> Receipt | DeliveryError:
    if not isinstance(answer.sid, str) or not MESSAGE_ID.fullmatch(answer.sid):
        return DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="garbled")
    progress = PROGRESS.get(str(answer.status), Progress.ACCEPTED)
    if progress is Progress.FAILED:
        code = answer.error_code if isinstance(answer.error_code, int) else 0
        meaning = fault(code)
        return DeliveryError(
            meaning.reason, permanent=meaning.permanent, code=str(code) if code else ""
        )
    return Receipt(answer.sid, progress)
