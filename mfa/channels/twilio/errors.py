"""The meanings of Twilio's error numbers: reason, permanence and words.

Twilio changes its error texts and adds finer numbers. Therefore its texts are never shown, and
unknown numbers are classified by their range.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, gettext_lazy

from mfa.models import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Fault:
    """One meaning. `permanent`: the same message fails again until someone acts."""

    reason: Reason
    words: "StrPromise"
    permanent: bool = True


NO_SUCH_NUMBER = Fault(
    Reason.UNKNOWN_NUMBER,
    gettext_lazy(
        "The number does not exist. If this happens often, the portal may be misreading numbers."
    ),
)
GONE = Fault(
    Reason.UNKNOWN_NUMBER,
    gettext_lazy("The phone's network does not know the number. It is inactive or wrong."),
)
NOT_A_MOBILE = Fault(
    Reason.CANNOT_GET_TEXTS,
    gettext_lazy(
        "The number cannot receive texts: it is a landline or short code, or its carrier does "
        "not accept texts."
    ),
)
CARRIER_BLOCKS = Fault(
    Reason.BLOCKED,
    gettext_lazy("The phone or its network blocks the text."),
)
OPTED_OUT = Fault(
    Reason.OPTED_OUT,
    gettext_lazy(
        "The person texted STOP to the sender's number. To get texts again, they text START to it."
    ),
)
REFUSED_CREDENTIALS = Fault(
    Reason.CREDENTIALS,
    gettext_lazy(
        "Twilio rejected the account ID and token. Copy both again from the Twilio console. "
        "Also check for a suspended account, a deleted API key (SMS_API_KEY) or a proxy that "
        "removes the login."
    ),
)
TEST_CREDENTIALS = Fault(
    Reason.CREDENTIALS,
    gettext_lazy(
        "These are Twilio's test credentials, which never send anything. Enter the live ones."
    ),
)
INACTIVE = Fault(
    Reason.ACCOUNT,
    gettext_lazy("The Twilio account is suspended, closed or out of funds."),
)
WRONG_SENDER = Fault(
    Reason.SENDER,
    gettext_lazy("This number isn't on your Twilio account, or can't send texts to this country."),
)
WRONG_SERVICE = Fault(
    Reason.SENDER,
    gettext_lazy("The Twilio messaging service does not exist or has no numbers."),
)
UNREGISTERED = Fault(
    Reason.UNREGISTERED,
    gettext_lazy(
        "The sender is not registered with the carriers. Texts to the United States and Canada "
        "need 10DLC registration or toll-free verification."
    ),
)
SENDER_DISABLED = Fault(
    Reason.SENDER,
    gettext_lazy("Twilio disabled outgoing texts from this sender."),
)
COUNTRY_CLOSED = Fault(
    Reason.COUNTRY,
    gettext_lazy("Enable this country in the Twilio console, under Messaging > Geo permissions."),
)
NO_ROUTE = Fault(
    Reason.COUNTRY,
    gettext_lazy("The SMS Phone Number cannot reach this country or carrier."),
)
TRIAL = Fault(
    Reason.TRIAL,
    gettext_lazy(
        "Trial account: texts go only to numbers confirmed at the provider. Add this number there"
        " first."
    ),
)
TRIAL_TEXTS = Fault(
    Reason.ACCOUNT,
    gettext_lazy("This trial account can only send Twilio's own texts. Upgrade it to send codes."),
)
CAP = Fault(
    Reason.CAPPED,
    gettext_lazy("The sender reached its rate limit or daily limit. Texts wait or are dropped."),
    permanent=False,
)
BUSY = Fault(
    Reason.BUSY,
    gettext_lazy("Twilio is busy or has a problem."),
    permanent=False,
)
OUT_OF_REACH = Fault(
    Reason.UNREACHABLE,
    gettext_lazy("The phone is off or has no signal."),
    permanent=False,
)
FILTERED = Fault(
    Reason.FILTERED,
    gettext_lazy(
        "The carrier filtered the text. If this happens often, check the wording and the "
        "registration."
    ),
    permanent=False,
)
NOT_DELIVERED = Fault(
    Reason.UNKNOWN,
    gettext_lazy("The text was not delivered. The carrier gave no reason."),
    permanent=False,
)
PUMPING = Fault(
    Reason.HELD,
    gettext_lazy(
        "Twilio's fraud protection blocks this range of numbers. If the block is wrong, add "
        "the numbers to the Global Safe List in the Twilio console."
    ),
)
OURS = Fault(
    Reason.OUR_FAULT,
    gettext_lazy("The portal sent Twilio an invalid request. Report this to its developers."),
)
WHATSAPP = Fault(
    Reason.REFUSED,
    gettext_lazy("There is a problem with the template or the sender of the message."),
)
REFUSED = Fault(
    Reason.REFUSED,
    gettext_lazy("Twilio refused the text."),
)
NO_REDACTION = Fault(
    Reason.REFUSED,
    gettext_lazy(
        "Twilio does not redact texts for this account. Ask Twilio to enable Message "
        "Redaction, or ask the operator to turn off SMS_REDACT."
    ),
)
NO_ANSWER = Fault(
    Reason.NETWORK,
    gettext_lazy("The response did not come from Twilio."),
    permanent=False,
)

MEANINGS: tuple[tuple[Fault, tuple[int, ...]], ...] = (
    (NO_SUCH_NUMBER, (21211, 21217)),
    (GONE, (30005,)),
    (NOT_A_MOBILE, (21265, 21614, 21635, 30006)),
    (CARRIER_BLOCKS, (30004,)),
    (OPTED_OUT, (21610,)),
    (REFUSED_CREDENTIALS, (20003, 20404, 70051)),
    (TEST_CREDENTIALS, (20008,)),
    (INACTIVE, (10001, 20005, 20403, 30002)),
    (WRONG_SENDER, (21212, 21267, 21603, 21606, 21659, 21660, 21661)),
    (WRONG_SERVICE, (21701, 21703, 21704, 21705)),
    (UNREGISTERED, (30018, 30024, 30032, 30034, 30042)),
    (SENDER_DISABLED, (30037,)),
    (COUNTRY_CLOSED, (21408,)),
    (NO_ROUTE, (21612,)),
    (TRIAL, (21219, 21607, 21608, 572002, 572005)),
    (TRIAL_TEXTS, (10002, 572006, 575001)),
    (CAP, (21611, 30022, 30023)),
    (BUSY, (20429, 20500, 20503, 30001, 30036, 30410, 30500)),
    (OUT_OF_REACH, (30003,)),
    (FILTERED, (30007,)),
    (NOT_DELIVERED, (30008,)),
    (PUMPING, (30450, 30453, 60410)),
    (NO_REDACTION, (30029, 30030)),
    (OURS, (21602, 21604, 21617, 30011, 90007)),
)


def _rows() -> Iterator[tuple[int, Fault]]:
    for meaning, codes in MEANINGS:
        for code in codes:
            yield code, meaning


FAULTS: dict[int, Fault] = dict(_rows())

# Unknown numbers, by Twilio's ranges for kinds of errors
RANGES: tuple[tuple[range, Fault], ...] = (
    (range(30000, 31000), NOT_DELIVERED),
    (range(63000, 64000), WHATSAPP),
    (range(572000, 573000), TRIAL),
)
STATUSES: tuple[tuple[range, Fault], ...] = (
    (range(401, 402), REFUSED_CREDENTIALS),
    (range(403, 404), INACTIVE),
    (range(404, 405), REFUSED_CREDENTIALS),
    (range(429, 430), BUSY),
    (range(400, 500), REFUSED),
    (range(500, 600), BUSY),
)

# Our own words for connection faults. Before the request was sent, the fault is certain.
ON_THE_WAY: dict[str, "StrPromise"] = {
    "dns": gettext_lazy("The name of the SMS service was not found. Check the server's DNS."),
    "connect": gettext_lazy(
        "Could not connect to the SMS service. Check the firewall and the proxy."
    ),
    "tls": gettext_lazy(
        "The certificate of the SMS service is not trusted. If a proxy inspects the traffic, "
        "add its certificate authority to REQUESTS_CA_BUNDLE."
    ),
    "bundle": gettext_lazy(
        "REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE does not point to readable "
        "certificates."
    ),
    "deadline": gettext_lazy("The SMS service did not answer in time."),
    "cut": gettext_lazy("The connection to the SMS service was lost."),
    "garbled": gettext_lazy("Something other than the SMS service responded."),
}


def fault(code: int, status: int = 0) -> Fault:
    """Return the meaning of an error number. `status` is the HTTP status, 0 in a receipt."""
    if code in FAULTS:
        return FAULTS[code]
    by_range = ((RANGES, code), (STATUSES, status))
    found = (meaning for table, key in by_range for keys, meaning in table if key in keys)
    return next(found, NO_ANSWER if status else REFUSED)


def explain(reason: Reason, code: str = "", *, proxy: str = "") -> str:
    """Explain a failed delivery in words for administrators. `proxy` is its host (M19)."""
    if reason is Reason.PROXY:
        words = _(
            "The SMS service could not be reached through the proxy %(host)s. Ask your network"
            " administrator."
        )
        return words % {"host": proxy}
    if code in ON_THE_WAY:
        return str(ON_THE_WAY[code])
    if reason is Reason.INTERNAL:
        return _("An error in the portal stopped the message. The log has the details.")
    if not code.isdecimal():
        return str(reason.label)
    meaning = fault(int(code))
    said = {"words": meaning.words if meaning.reason is reason else reason.label, "code": code}
    if int(code) in FAULTS:
        return _("%(words)s (Twilio's error %(code)s)") % said
    # Unknown to us: link to Twilio's page.
    return (
        _("%(words)s (Twilio's error %(code)s: https://www.twilio.com/docs/errors/%(code)s)") % said
    )
