"""What each of Twilio's error numbers means: who can help, whether it passes, and in which words.

Twilio changes the texts of its errors and splits numbers into finer ones, so texts are never shown
and numbers that we do not know fall into a class by their range.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, gettext_lazy

from mfa.models import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Remedy(StrEnum):
    """Who or what can help."""

    PERSON = "person"  # another number, or another way
    OPT_IN = "opt_in"  # the phone's owner texts START
    ADMINISTRATOR = "administrator"
    TIME = "time"
    FRAUD = "fraud"  # an administrator, after a look at who is asking for texts
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class Fault:
    """One meaning. `permanent`: the same message will fail again until somebody acts."""

    reason: Reason
    remedy: Remedy
    words: "StrPromise"
    permanent: bool = True


NO_SUCH_NUMBER = Fault(
    Reason.UNKNOWN_NUMBER,
    Remedy.PERSON,
    gettext_lazy(
        "The number does not exist. Many of these point to a mistake in how we read them."
    ),
)
GONE = Fault(
    Reason.UNKNOWN_NUMBER,
    Remedy.PERSON,
    gettext_lazy("The phone is not known to its network: inactive, or the number is wrong."),
)
NOT_A_MOBILE = Fault(
    Reason.CANNOT_GET_TEXTS,
    Remedy.PERSON,
    gettext_lazy("The number is a landline, a short code, or with a carrier that takes no texts."),
)
CARRIER_BLOCKS = Fault(
    Reason.BLOCKED,
    Remedy.PERSON,
    gettext_lazy("The phone or its network blocks the message."),
)
OPTED_OUT = Fault(
    Reason.OPTED_OUT,
    Remedy.OPT_IN,
    gettext_lazy("The person texted STOP to the sender's number and has to text START to it."),
)
REFUSED_CREDENTIALS = Fault(
    Reason.CREDENTIALS,
    Remedy.ADMINISTRATOR,
    gettext_lazy(
        "Twilio refuses the account ID and token. Copy both again from the Twilio console; a"
        " suspended account, a deleted API key (SMS_API_KEY) or a proxy that strips the login has"
        " the same effect."
    ),
)
TEST_CREDENTIALS = Fault(
    Reason.CREDENTIALS,
    Remedy.ADMINISTRATOR,
    gettext_lazy(
        "These are Twilio's test credentials: they never send anything. Enter the live ones."
    ),
)
INACTIVE = Fault(
    Reason.ACCOUNT,
    Remedy.ADMINISTRATOR,
    gettext_lazy("The Twilio account is suspended, closed or out of funds."),
)
WRONG_SENDER = Fault(
    Reason.SENDER,
    Remedy.ADMINISTRATOR,
    gettext_lazy(
        "The SMS Phone Number is not (or no longer) this account's, cannot send texts, or not to"
        " this country."
    ),
)
WRONG_SERVICE = Fault(
    Reason.SENDER,
    Remedy.ADMINISTRATOR,
    gettext_lazy("The Twilio messaging service does not exist or has no numbers."),
)
UNREGISTERED = Fault(
    Reason.UNREGISTERED,
    Remedy.ADMINISTRATOR,
    gettext_lazy(
        "The sender is not registered with the carriers: texts to the United States and Canada"
        " need 10DLC registration or toll-free verification."
    ),
)
SENDER_DISABLED = Fault(
    Reason.SENDER,
    Remedy.ADMINISTRATOR,
    gettext_lazy("Twilio has disabled outgoing texts of this sender."),
)
COUNTRY_CLOSED = Fault(
    Reason.COUNTRY,
    Remedy.ADMINISTRATOR,
    gettext_lazy("Enable the country under Messaging, Geo permissions, in the Twilio console."),
)
NO_ROUTE = Fault(
    Reason.COUNTRY,
    Remedy.ADMINISTRATOR,
    gettext_lazy("The SMS Phone Number cannot reach this country or carrier."),
)
TRIAL = Fault(
    Reason.TRIAL,
    Remedy.ADMINISTRATOR,
    gettext_lazy(
        "Trial account: texts go only to numbers confirmed at the provider. Add this number there"
        " first."
    ),
)
TRIAL_TEXTS = Fault(
    Reason.ACCOUNT,
    Remedy.ADMINISTRATOR,
    gettext_lazy("This trial account sends only Twilio's own texts. Upgrade it to send codes."),
)
CAP = Fault(
    Reason.CAPPED,
    Remedy.ADMINISTRATOR,
    gettext_lazy("The sender's rate or daily limit is used up; texts queue or are dropped."),
    permanent=False,
)
BUSY = Fault(
    Reason.BUSY,
    Remedy.TIME,
    gettext_lazy("Twilio is busy or has a fault of its own."),
    permanent=False,
)
OUT_OF_REACH = Fault(
    Reason.UNREACHABLE,
    Remedy.TIME,
    gettext_lazy("The phone is switched off or out of reach."),
    permanent=False,
)
FILTERED = Fault(
    Reason.BLOCKED,
    Remedy.TIME,
    gettext_lazy("A carrier filtered the text. If many are: look at its wording and registration."),
    permanent=False,
)
NOT_DELIVERED = Fault(
    Reason.UNKNOWN,
    Remedy.TIME,
    gettext_lazy("The text was not delivered; the carrier gives no reason."),
    permanent=False,
)
PUMPING = Fault(
    Reason.HELD,
    Remedy.FRAUD,
    gettext_lazy(
        "Twilio's fraud protection blocks this range of numbers. If it is wrong, add the numbers to"
        " the Global Safe List in the Twilio console."
    ),
)
OURS = Fault(
    Reason.OUR_FAULT,
    Remedy.DEVELOPER,
    gettext_lazy("The portal asked Twilio for something that it cannot do. Tell its developers."),
)
WHATSAPP = Fault(
    Reason.REFUSED,
    Remedy.ADMINISTRATOR,
    gettext_lazy("The template or the sender of the message is at fault."),
)
REFUSED = Fault(
    Reason.REFUSED,
    Remedy.ADMINISTRATOR,
    gettext_lazy("Twilio refused the text."),
)
NO_REDACTION = Fault(
    Reason.REFUSED,
    Remedy.ADMINISTRATOR,
    gettext_lazy(
        "Twilio does not redact for this account. Have it enable Message Redaction, or have the"
        " operator switch SMS_REDACT off."
    ),
)
NO_ANSWER = Fault(
    Reason.NETWORK,
    Remedy.TIME,
    gettext_lazy("The answer is none of Twilio's."),
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

# Unknown numbers, by where Twilio keeps its kinds of error
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

# Words of our own for faults on the way to Twilio; a fault before the request has left is certain.
ON_THE_WAY: dict[str, "StrPromise"] = {
    "dns": gettext_lazy("The name of the SMS service was not found. Check the server's DNS."),
    "connect": gettext_lazy("No connection to the SMS service. Check the firewall and the proxy."),
    "tls": gettext_lazy(
        "The certificate of the SMS service is not trusted. If a proxy looks into the traffic, put"
        " its authority into REQUESTS_CA_BUNDLE."
    ),
    "bundle": gettext_lazy(
        "REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE names no readable certificates."
    ),
    "deadline": gettext_lazy("The SMS service did not answer in time."),
    "cut": gettext_lazy("The connection to the SMS service broke off."),
    "garbled": gettext_lazy("Something else than the SMS service answered."),
}


def fault(code: int, status: int = 0) -> Fault:
    """Return what an error number means; `status` of the answer, 0 in a delivery receipt."""
    if code in FAULTS:
        return FAULTS[code]
    by_range = ((RANGES, code), (STATUSES, status))
    found = (meaning for table, key in by_range for keys, meaning in table if key in keys)
    return next(found, NO_ANSWER if status else REFUSED)


def explain(reason: Reason, code: str = "", *, proxy: str = "") -> str:
    """Say in words for administrators what a failed delivery means; `proxy` is its host (M19)."""
    if reason is Reason.PROXY:
        words = _(
            "The SMS service could not be reached through the proxy %(host)s. Ask your network"
            " administrator."
        )
        return words % {"host": proxy}
    if code in ON_THE_WAY:
        return str(ON_THE_WAY[code])
    if reason is Reason.INTERNAL:
        return _("A fault in the portal stopped the message. The log says where.")
    if not code.isdecimal():
        return str(reason.label)
    meaning = fault(int(code))
    said = {"words": meaning.words if meaning.reason is reason else reason.label, "code": code}
    if int(code) in FAULTS:
        return _("%(words)s (Twilio's error %(code)s)") % said
    # New to us: Twilio's own page says more.
    return (
        _("%(words)s (Twilio's error %(code)s: https://www.twilio.com/docs/errors/%(code)s)") % said
    )
