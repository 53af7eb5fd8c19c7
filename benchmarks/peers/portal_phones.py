"""Replaces the phone that reads our texts and the provider that reports on them."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from twilio.request_validator import RequestValidator

from benchmarks.peers.logins import Person, Post
from mfa.models import Challenge, Delivery
from tests.processes.portal import ACCOUNT, Company, code_in
from tests.processes.visitor import soon

NEWEST = """
    SELECT receipt_id, provider_id, target FROM mfa_delivery
    WHERE target = %s AND provider_id <> '' ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Texted:
    """What our worker sent to the tests' endpoint of Twilio."""

    company: Company

    def code(self, person: Person) -> str:
        """Wait for the newest code."""
        return code_in(soon(lambda: self.company.texts(person.number))[-1])

    def receipts(self, person: Person) -> list[Post]:
        """Return what Twilio posts after it accepted the text."""
        return _posts(*soon(lambda: self.company.query(NEWEST, person.number))[0])


class Derived:
    """Inside the portal's process, where no worker sends: the content of the text."""

    def code(self, person: Person) -> str:
        """Return the newest code. The worker's part, which is not counted, is done by hand."""
        asked = Challenge.objects.filter(target=person.number).latest("created_at")
        Delivery.objects.filter(challenge=asked).update(
            state=Delivery.State.ACCEPTED, provider_id="SM" + "a" * 32
        )
        return asked.code_for(asked.browser)

    def receipts(self, person: Person) -> list[Post]:
        """Return what Twilio posts about the newest text."""
        text = Delivery.objects.filter(target=person.number).latest("pk")
        return _posts(text.receipt_id, text.provider_id, person.number)


def _posts(receipt_id: UUID, provider_id: str, number: str) -> list[Post]:
    """Return the two receipts of a delivered text, with Twilio's signature."""
    path = f"/hooks/twilio/{receipt_id}/"
    signer = RequestValidator(ACCOUNT.token)
    found: list[Post] = []
    for status in ("sent", "delivered"):
        fields = {
            "AccountSid": ACCOUNT.sid,
            "ApiVersion": "2010-04-01",
            "From": next(iter(ACCOUNT.numbers)),
            "MessageSid": provider_id,
            "MessageStatus": status,
            "SmsSid": provider_id,
            "SmsStatus": status,
            "To": number,
        }
        signature = signer.compute_signature(settings.BASE_URL + path, fields)
        found.append((path, fields, {"X-Twilio-Signature": signature}))
    return found
