"""The connection test: what Twilio says of the account, its sender and its balance."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from http import HTTPStatus

from django.utils.translation import gettext as _
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from mfa.channels.base import Finding
from mfa.channels.twilio_errors import FAULTS, TEST_CREDENTIALS, explain
from mfa.channels.twilio_http import numbers, refusal
from mfa.models import AccountPolicy

# A search by number also finds the numbers that only contain it.
MOST_NUMBERS = 20


def look(account: AccountPolicy, client: Client) -> list[Finding]:
    """Ask for each in turn; an account that is not usable ends it. Raises DeliveryError."""
    try:
        status, kind = _account(client, account.sms_account_id)
    except TwilioException as error:
        return [_refused(error)]
    if status != "active":
        text = _("The Twilio account is not active but “%(status)s”.") % {"status": status}
        return [Finding(good=False, text=text)]
    sender = account.sms_phone_number
    owned = _service(client, sender) if sender.startswith("MG") else _number(client, sender)
    return [_standing(kind), owned, *_balance(client)]


def _account(client: Client, account_id: str) -> tuple[str, str]:
    # The answer holds the token, so nothing but these two leaves this frame.
    answer = client.api.v2010.accounts(account_id).fetch()
    return str(answer.status), str(answer.type)


def _refused(error: TwilioException) -> Finding:
    code, status = numbers(error)
    if status == HTTPStatus.FORBIDDEN and code not in FAULTS:
        # Test credentials may not read the account, whatever number Twilio gives for that.
        return Finding(good=False, text=str(TEST_CREDENTIALS.words))
    fault = refusal(error)
    return Finding(good=False, text=explain(fault.reason, fault.code))


def _standing(kind: str) -> Finding:
    if kind != "Trial":
        return Finding(good=True, text=_("The Twilio account is active."))
    text = _(
        "This is a trial account: it sends only to numbers that were confirmed at Twilio, and a"
        " new one sends only Twilio's own texts, never codes."
    )
    return Finding(good=True, text=text, is_trial=True)


def _number(client: Client, sender: str) -> Finding:
    try:
        found = client.incoming_phone_numbers.list(phone_number=sender, limit=MOST_NUMBERS)
    except TwilioException as error:
        return _refused(error)
    owned = [number for number in found if number.phone_number == sender]
    if not owned:
        text = _("The number %(number)s does not belong to this account.")
    elif not _sends_texts(owned[0].capabilities):
        text = _("The number %(number)s cannot send texts.")
    else:
        text = _("The number %(number)s belongs to the account and can send texts.")
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
        return Finding(good=False, text=_("The messaging service is not one of this account's."))
    return Finding(good=True, text=_("The messaging service belongs to the account."))


def _balance(client: Client) -> Iterator[Finding]:
    try:
        answer = client.balance.fetch()
        amount = Decimal(str(answer.balance))
    except (TwilioException, InvalidOperation):
        # Accounts under another one have no balance of their own.
        return
    if not amount.is_finite():
        return
    text = _("Balance: %(amount)s %(currency)s.") % {
        "amount": f"{amount:.2f}",
        "currency": answer.currency or "",
    }
    yield Finding(good=amount > 0, text=text)
