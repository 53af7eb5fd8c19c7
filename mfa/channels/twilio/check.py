"""The connection test: account, sender and balance, as Twilio reports them."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from http import HTTPStatus

from django.utils.translation import gettext as _
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from mfa.channels.base import Finding
from mfa.channels.twilio.account import is_service
from mfa.channels.twilio.errors import FAULTS, TEST_CREDENTIALS, explain
from mfa.channels.twilio.http import numbers, refusal
from mfa.models import SmsAccount

# A search by number also finds numbers that contain it.
MOST_NUMBERS = 20


def look(account: SmsAccount, client: Client) -> list[Finding]:
    """Check each in turn, and stop if the account is not usable. Raises DeliveryError."""
    try:
        status, kind = _account(client, account.account_id)
    except TwilioException as error:
        return [_refused(error)]
    if status != "active":
        text = _("The Twilio account is not active. Its status is “%(status)s”.") % {
            "status": status
        }
        return [Finding(good=False, text=text)]
    sender = account.phone_number
    owned = _service(client, sender) if is_service(sender) else _number(client, sender)
    return [_standing(kind), owned, *_balance(client)]


def _account(client: Client, account_id: str) -> tuple[str, str]:
    # The answer holds the token, so only these two values leave this frame.
    answer = client.api.v2010.accounts(account_id).fetch()
    return str(answer.status), str(answer.type)


def _refused(error: TwilioException) -> Finding:
    code, status = numbers(error)
    if status == HTTPStatus.FORBIDDEN and code not in FAULTS:
        # Test credentials cannot read the account, and Twilio uses various numbers for that.
        return Finding(good=False, text=str(TEST_CREDENTIALS.words))
    fault = refusal(error)
    return Finding(good=False, text=explain(fault.reason, fault.code))


def _standing(kind: str) -> Finding:
    if kind != "Trial":
        return Finding(good=True, text=_("The Twilio account is active."))
    text = _(
        "This is a trial account. It only sends to numbers verified at Twilio, and a new one "
        "only sends Twilio's own texts, never codes."
    )
    return Finding(good=True, text=text, is_trial=True)


def _number(client: Client, sender: str) -> Finding:
    try:
        found = client.incoming_phone_numbers.list(phone_number=sender, limit=MOST_NUMBERS)
    except TwilioException as error:
        return _refused(error)
    owned = [number for number in found if number.phone_number == sender]
    if not owned:
        text = _("This account does not have the number %(number)s.")
    elif not _sends_texts(owned[0].capabilities):
        text = _("The number %(number)s cannot send texts.")
    else:
        text = _("This account has the number %(number)s, and it can send texts.")
        return Finding(good=True, text=text % {"number": sender})
    return Finding(good=False, text=text % {"number": sender})


def _sends_texts(capabilities: object) -> bool:
    return isinstance(capabilities, dict) and capabilities.get("sms") is True


def _service(client: Client, sender: str) -> Finding:
    try:
        client.messaging.v1.services(sender).fetch()
    except TwilioException as error:
        _code, status = numbers(error)
        if status != HTTPStatus.NOT_FOUND:
            return _refused(error)
        return Finding(good=False, text=_("This account has no messaging service with that ID."))
    return Finding(good=True, text=_("This account has this messaging service."))


def _balance(client: Client) -> Iterator[Finding]:
    try:
        answer = client.balance.fetch()
        amount = Decimal(str(answer.balance))
    except (TwilioException, InvalidOperation):
        # Subaccounts have no balance of their own.
        return
    if not amount.is_finite():
        return
    text = _("Balance: %(amount)s %(currency)s.") % {
        "amount": f"{amount:.2f}",
        "currency": answer.currency or "",
    }
    yield Finding(good=amount > 0, text=text)
