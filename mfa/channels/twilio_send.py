"""One text as a create request, and what Twilio says of it."""

import re

from twilio.base import values
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from mfa.channels.base import DeliveryError, Message, Progress, Receipt, Sent
from mfa.channels.twilio_errors import fault
from mfa.models import Reason

MESSAGE_ID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
# Twilio's bounds are 1 and 36000 s, and it advises more than 5.
SHORTEST_LIFE, LONGEST_LIFE = 6, 36_000
PROGRESS = {
    "sent": Progress.SENT,
    "delivered": Progress.DELIVERED,
    "read": Progress.DELIVERED,
}
DROPPED = {"failed", "undelivered", "canceled"}


def create(sender: str, message: Message, client: Client) -> Receipt | DeliveryError:
    """Send the text. Raises what the SDK raises."""
    service = sender.startswith("MG")
    answer = client.messages.create(
        to=message.to,
        from_=values.unset if service else sender,
        messaging_service_sid=sender if service else values.unset,
        body=message.text,
        validity_period=_life(message.life_seconds),
        attempt=message.attempt if message.attempt > 1 else values.unset,
        smart_encoded=True,
    )
    return _receipt(answer)


def _life(seconds: int | None) -> object:
    """Keep a code from arriving after its death (OT-13): Twilio's own default is ten hours."""
    if seconds is None:
        return values.unset
    return min(max(seconds, SHORTEST_LIFE), LONGEST_LIFE)


def _receipt(answer: MessageInstance) -> Receipt | DeliveryError:
    if not isinstance(answer.sid, str) or not MESSAGE_ID.fullmatch(answer.sid):
        return DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="garbled")
    status = str(answer.status)
    if status in DROPPED:
        code = answer.error_code or 0
        meaning = fault(code)
        return DeliveryError(
            meaning.reason, permanent=meaning.permanent, code=str(code) if code else ""
        )
    return Receipt(answer.sid, PROGRESS.get(status, Progress.ACCEPTED))
