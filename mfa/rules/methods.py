"""Methods: the kinds of factor, how the login asks for each, and which level each proves."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """A kind of factor that a person may enroll (K4)."""

    PHONE = "phone"
    EMAIL = "email"
    APP = "app"
    PASSKEY = "passkey"
    PUSH = "push"
    RECOVERY_CODES = "recovery_codes"


class ChannelName(StrEnum):
    """How a code reaches a person. A passkey, an app and recovery codes need no message.

    An approval on a phone comes by web push, without a code.
    """

    SMS = "sms"
    EMAIL = "email"
    APP = "app"
    PASSKEY = "passkey"
    PUSH = "push"
    RECOVERY_CODES = "recovery_codes"


# The channels that send messages
MESSAGING = (ChannelName.SMS, ChannelName.EMAIL)


@dataclass(frozen=True, slots=True)
class Way:
    """How the login asks for a kind of factor, and which level it proves (AAL).

    `by_itself`: the second step asks for it right away. Recovery codes wait until the person
    chooses them, because each is used up (K2). `first`: it can be a person's only factor. Recovery
    codes are only a replacement for another factor. `resists`: a fake website cannot use the
    answer. `shared`: any of the person's factors of the kind can answer. `alone`: it can say who
    the person is and verify them, so that no password is needed.
    """

    channel: ChannelName
    aal: int
    by_itself: bool = True
    first: bool = True
    resists: bool = False
    shared: bool = False
    alone: bool = False


# Best first. A person with a passkey or an app gets a text only on request (K2, E09). An enrolled
# email comes after the other factors, because it is not an authenticator (NIST SP 800-63B-4,
# 3.1.3.1).
WAYS = {
    Method.PASSKEY: Way(ChannelName.PASSKEY, 2, resists=True, shared=True, alone=True),
    Method.PUSH: Way(ChannelName.PUSH, 2, shared=True),
    Method.APP: Way(ChannelName.APP, 2),
    Method.PHONE: Way(ChannelName.SMS, 2),
    Method.EMAIL: Way(ChannelName.EMAIL, 1),
    Method.RECOVERY_CODES: Way(ChannelName.RECOVERY_CODES, 2, by_itself=False, first=False),
}
# The kinds whose secret is stored. Without its encryption key such a factor does not work.
SECRET = (Method.APP, Method.RECOVERY_CODES)
# The kinds that can be a person's only factor
FIRST = tuple(method for method, way in WAYS.items() if way.first)
AAL = {way.channel: way.aal for way in WAYS.values()}
STRONG = 2
# The kinds that resist phishing, and what their owners can use if a policy refuses weaker methods
RESISTANT = tuple(method for method, way in WAYS.items() if way.resists)
BESIDE_RESISTANT = (*RESISTANT, Method.RECOVERY_CODES)
SHARED = tuple(method for method, way in WAYS.items() if way.shared)
ALONE = tuple(method for method, way in WAYS.items() if way.alone)
# Those that are stronger than an email. Staff and managers need one of them (EM-07).
STRONG_FIRST = tuple(method for method in FIRST if WAYS[method].aal >= STRONG)
# Only policies that name email allow it (K4).
DEFAULT = frozenset(Method) - {Method.EMAIL}


def only_email(methods: Collection[str]) -> bool:
    """Whether email is the only one of these methods that can be a person's only factor (EM-07)."""
    return [method for method in FIRST if method in methods] == [Method.EMAIL]


def is_strong(channel: str) -> bool:
    """Whether a code by this channel proves AAL2."""
    return AAL[ChannelName(channel)] >= STRONG
