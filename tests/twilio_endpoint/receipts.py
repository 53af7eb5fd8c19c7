"""Delivery receipts as Twilio posts them, signed with Twilio's own code."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator

from mfa.channels.twilio.receipts import url_of
from mfa.models import Delivery, SmsAccount

FORM = "application/x-www-form-urlencoded"


def fields(delivery: Delivery, status: str, code: int | None = None) -> dict[str, str]:
    """Twilio's report about a message. Its id is hidden until the row has one."""
    message_id = delivery.provider_id or "SM" + "a" * 32
    failed = {"ErrorCode": str(code)} if code else {}
    return {
        "AccountSid": SmsAccount.load().account_id,
        "ApiVersion": "2010-04-01",
        "From": "+15005550006",
        "MessageSid": message_id,
        "MessageStatus": status,
        "SmsSid": message_id,
        "SmsStatus": status,
        "To": delivery.target,
        **failed,
    }


def post(
    client: Client,
    delivery: Delivery,
    form: dict[str, str],
    *,
    token: str = "",
    url: str = "",
    signature: str | None = None,
) -> HttpResponse:
    """Post a receipt, by default signed with the account's token over the configured URL."""
    url = url or url_of(delivery.receipt_id)
    validator = RequestValidator(token or SmsAccount.load().auth_token)
    signed = validator.compute_signature(url, form) if signature is None else signature
    headers = {"X-Twilio-Signature": signed} if signed else {}
    path = f"/hooks/twilio/{delivery.receipt_id}/"
    return client.post(path, urlencode(form), content_type=FORM, headers=headers)


def report(
    client: Client, delivery: Delivery, status: str, code: int | None = None
) -> HttpResponse:
    """Post a valid receipt."""
    return post(client, delivery, fields(delivery, status, code))
