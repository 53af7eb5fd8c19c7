"""One table of limits: how much of what, in which time, and why. `mfa.counters` holds them.

The figures are those of docs/security.md.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in any window of length `per`, for each subject apart.

    `what` and `why` are for administrators: what is counted, and the reason of the figure.
    """

    name: str
    most: int
    per: timedelta
    what: Promise | str = field(default="", compare=False)
    why: Promise | str = field(default="", compare=False)

    def of(self, subject: str) -> "Use":
        """Return one use by one subject, such as a number or an address."""
        return Use(self, subject)


@dataclass(frozen=True, slots=True)
class Use:
    """One thing about to be done, to be counted under its limit."""

    limit: Limit
    subject: str

    @property
    def key(self) -> str:
        """A keyed hash, so that the table tells no number and no address."""
        return keyed(f"{self.limit.name}:{self.limit.per.total_seconds():.0f}:{self.subject}")

    def bucket(self, now: datetime) -> int:
        """The running number of the bucket that `now` falls into."""
        return int(now.timestamp() // self.limit.per.total_seconds())


_CONFIRMED = _("Codes to one confirmed number")
_OWNER = _(
    "Its owner in a bad cell needs several; a thief of the password must not annoy for long. "
    "There is no limit for an address: offices share one."
)
CONFIRMED = (
    Limit("code", 5, 15 * MINUTE, _CONFIRMED, _OWNER),
    Limit("code", 10, HOUR, _CONFIRMED, _OWNER),
    Limit("code", 30, DAY, _CONFIRMED, _OWNER),
)
_STRANGERS = _("The same, asked for from devices that are not recognized")
_KEPT = _(
    "The rest is kept for recognized devices, so that a thief of the password cannot use up the "
    "owner's codes."
)
CONFIRMED_STRANGERS = (
    Limit("code-stranger", 3, 15 * MINUTE, _STRANGERS, _KEPT),
    Limit("code-stranger", 6, HOUR, _STRANGERS, _KEPT),
    Limit("code-stranger", 20, DAY, _STRANGERS, _KEPT),
)
_UNPROVEN = _("Codes to one number that nobody has confirmed yet, whoever asks")
_TILL = _("Each such text costs money that a fraudster may be earning.")
UNPROVEN_NUMBER = (
    Limit("unproven", 5, HOUR, _UNPROVEN, _TILL),
    Limit("unproven", 10, DAY, _UNPROVEN, _TILL),
)
NUMBERS_PER_PERSON = Limit(
    "numbers",
    3,
    DAY,
    _("New numbers of one person"),
    _("Two slips of the finger and the right one."),
)
UNPROVEN_PER_ADDRESS = Limit(
    "unproven-address",
    25,
    5 * MINUTE,
    _("Codes to new numbers from one address (IPv6: one /64)"),
    _("A class enrolls together behind one address; a machine is faster."),
)
UNPROVEN_PER_BLOCK = Limit(
    "unproven-block",
    50,
    DAY,
    _("Codes to new numbers in one block of a thousand"),
    _("A block is what fraudsters rent, and what a company owns."),
)
# The unit of fraudsters is a block; one of them with ten gets no further than with two.
_RENTED = _("Real people confirm; rented numbers do not. Above this the numbers rest for 12 hours.")
BLOCK_UNCONFIRMED = Limit(
    "block-unconfirmed",
    5,
    HOUR,
    _("New numbers texted and not confirmed in one block of a thousand"),
    _RENTED,
)
RANGE_UNCONFIRMED = Limit(
    "range-unconfirmed",
    10,
    HOUR,
    _("New numbers texted and not confirmed in ten neighboring blocks"),
    _RENTED,
)
NEW_PER_COUNTRY = Limit(
    "new-country",
    100,
    DAY,
    _("Codes to new numbers in one country abroad"),
    _("No single country may use up the day's budget; at home only the budget counts."),
)
# `most` is the account policy's budget.
NEW_TEXTS = Limit(
    "new-texts",
    500,
    DAY,
    _("Texts to new numbers and test messages, of the whole site"),
    _("The day's budget, from the account policy: what a fraud may cost at worst."),
)
KNOWN_TEXTS = Limit(
    "known-texts",
    5000,
    DAY,
    _("Texts to confirmed numbers, of the whole site"),
    _("Ten times the budget, kept apart: new numbers never use up what logins need."),
)
KNOWN_TIMES_NEW = 10
PEOPLE_PER_NUMBER = 5
PASSWORDS_PER_ADDRESS = Limit(
    "password-address",
    50,
    15 * MINUTE,
    _("Wrong passwords from one address"),
    _("An office or school shares one: far above what its people mistype."),
)
NEW_PASSWORDS = Limit(
    "new-password",
    20,
    HOUR,
    _("New passwords that one person tries after a reset"),
    _("Each is compared with the present one: a slow hash, and no place to guess it."),
)
RECOVERY_CODE_SETS = Limit(
    "recovery-codes",
    5,
    HOUR,
    _("New sets of recovery codes of one person"),
    _("Each costs ten slow hashes and two notices."),
)
RECOVERY_CODE_TRIES = Limit(
    "recovery-code-tries",
    20,
    HOUR,
    _("Recovery codes typed for one person, right, wrong or used, recognized devices apart"),
    _("Each costs a slow hash, and a used one no wait; wrong ones cost one before this does."),
)
RESETS_PER_MAILBOX = Limit(
    "reset",
    2,
    30 * MINUTE,
    _("Mails with a reset link to one mailbox"),
    _(
        "Two fall into any stretch of time in which one of their links still works, so whoever "
        "finds the limit used up finds a working link in the mailbox: strangers neither flood nor "
        "close it."
    ),
)
_PASSWORD_MAILS = _("Emails with a link to set or reset the password, to one mailbox")
PASSWORD_MAILS = Limit(
    "password-mail",
    10,
    DAY,
    _PASSWORD_MAILS,
    _("Nobody needs more in a day; strangers must not flood a mailbox."),
)
PASSWORD_MAILS_STRANGERS = Limit(
    "password-mail-stranger",
    6,
    DAY,
    _("The same, asked for from devices that are not recognized"),
    _("The rest is kept for recognized devices and for links that administrators send."),
)
RESETS_PER_STRANGER = Limit(
    "reset-stranger",
    5,
    DAY,
    _("Mails with a reset link to one mailbox, asked for by unknown browsers"),
    _("A browser in which the person has never logged in gets fewer still."),
)
RESETS_PER_ADDRESS = Limit(
    "reset-address",
    20,
    HOUR,
    _("Mails with a reset link, asked for from one address"),
    _("An office that forgot its passwords over the holidays; a machine wants more."),
)
NEW_EMAILS_PER_PERSON = Limit(
    "new-email",
    5,
    DAY,
    _("Links to new mailboxes of one person"),
    _("Enough to mend a typo, too few to mail strangers from here."),
)
MAILS_PER_NEW_EMAIL = Limit(
    "new-email-mailbox",
    5,
    DAY,
    _("Links to one new mailbox, whoever asks"),
    _("A mailbox that is not theirs must not be flooded."),
)
LINKS_PER_PERSON = Limit(
    "link",
    5,
    HOUR,
    _("Links that administrators send to one person"),
    _("Enough to mend a misheard address."),
)
RESCUES = Limit(
    "rescue",
    10,
    DAY,
    _("Pauses started and numbers written by one helper"),
    _(
        "More than a busy desk needs; a stolen helper's session opens no more accounts than that. "
        "Administrators are told at the fifth."
    ),
)
RESCUES_TOLD = 5
TEST_MESSAGES = Limit(
    "test",
    10,
    HOUR,
    _("Test messages of one administrator"),
    _("Enough to mend a setting, too few to text the world."),
)
NOTICE_TEXTS = Limit(
    "notice-texts",
    3,
    DAY,
    _("Texts that tell one number of one kind of change to one person"),
    _(
        "A fourth says nothing new, and whoever changes a password all day must not use up the "
        "texts that others log in by. The mailbox is told each time."
    ),
)
NUMBER_SEARCHES = Limit(
    "number-search",
    60,
    HOUR,
    _("Searches for a phone number by one member of staff"),
    _("One caller a minute. More would try the ten thousand endings of a hidden number."),
)
_GUESSING = _(
    "Administrators are alerted, once an hour, when half of all attempts or more are wrong, too. "
    "People mistype far less; someone tries many accounts."
)
SITE_WRONG_PASSWORDS = Limit(
    "site-wrong-passwords", 300, HOUR, _("Wrong passwords on the whole site"), _GUESSING
)
SITE_WRONG_CODES = Limit(
    "site-wrong-codes", 100, HOUR, _("Wrong codes on the whole site"), _GUESSING
)
LATE_RECORDS = Limit(
    "late-records",
    20,
    HOUR,
    _("Records of one person's refused asks and steps, and late codes, in the audit"),
    _("Further ones tell nothing new, and would fill the table."),
)
TABLE = (
    *CONFIRMED,
    *CONFIRMED_STRANGERS,
    *UNPROVEN_NUMBER,
    NUMBERS_PER_PERSON,
    UNPROVEN_PER_ADDRESS,
    UNPROVEN_PER_BLOCK,
    BLOCK_UNCONFIRMED,
    RANGE_UNCONFIRMED,
    NEW_PER_COUNTRY,
    NEW_TEXTS,
    KNOWN_TEXTS,
    PASSWORDS_PER_ADDRESS,
    NEW_PASSWORDS,
    RECOVERY_CODE_SETS,
    RECOVERY_CODE_TRIES,
    RESETS_PER_MAILBOX,
    PASSWORD_MAILS,
    PASSWORD_MAILS_STRANGERS,
    RESETS_PER_STRANGER,
    RESETS_PER_ADDRESS,
    NEW_EMAILS_PER_PERSON,
    MAILS_PER_NEW_EMAIL,
    LINKS_PER_PERSON,
    RESCUES,
    TEST_MESSAGES,
    NOTICE_TEXTS,
    NUMBER_SEARCHES,
    SITE_WRONG_PASSWORDS,
    SITE_WRONG_CODES,
    LATE_RECORDS,
)


def keyed(subject: str) -> str:
    """Return 64 hex digits that name a subject without telling it.

    Under the oldest secret key that is still kept: a rotation forgets no count and no wait, and
    when its fallback goes, a day later or more, so little that it harms nobody (DT-01).
    """
    oldest = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)[-1]
    return hmac.digest(oldest.encode(), subject.encode(), "sha256").hex()
