"""One text as a create request, and what Twilio says of it."""

from twilio.base import values
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from mfa.channels.base import DeliveryError, Message, Progress, Receipt, Sent
from mfa.channels.twilio_errors import fault
from mfa.channels.twilio_receipts import MESSAGE_ID, PROGRESS, address
from mfa.models import Reason

# Twilio's bounds are 1 and 36000 s, and it advises more than 5.
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

    `feedback` announces confirm() for a code; `redact` has Twilio keep neither the text nor the
    whole number; `intent` is its word for what the text is for.
    """
    service = sender.startswith("MG")
    answer = client.messages.create(
        to=message.to,
        from_=values.unset if service else sender,
        messaging_service_sid=sender if service else values.unset,
        body=message.text,
        validity_period=_life(message.life_seconds),
        attempt=message.attempt if message.attempt > 1 else values.unset,
        smart_encoded=True,
        # A notice, which has no end, brings nothing back: it would count as a code that was lost.
        provide_feedback=True if feedback and message.life_seconds is not None else values.unset,
        content_retention="discard" if redact else values.unset,
        address_retention="obfuscate" if redact else values.unset,
        message_intent=intent or values.unset,
        status_callback=address(message.receipt_id) or values.unset,
    )
    return _receipt(answer)


def confirm(message_id: str, client: Client) -> None:
    """Report that the text's code was entered. Raises what the SDK raises."""
    client.messages(message_id).feedback.create(outcome="confirmed")


def _life(seconds: int | None) -> object:
    """Keep a code from arriving after its death (OT-13): Twilio's own default is ten hours."""
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
