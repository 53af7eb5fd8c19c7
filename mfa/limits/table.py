"""The table of all limits, with the reason for each number.

`mfa.limits.counters` counts them. The numbers are those of docs/security.md.
"""

from django.utils.translation import gettext_lazy as _

from mfa.limits.base import DAY, HOUR, MINUTE, Limit

_CONFIRMED = _("Codes to one verified number or email address")
_OWNER = _(
    "People with poor signal may need several. "
    "Limits nuisance texts by someone who stole the password. "
    "No limit per IP address, because offices share one."
)
CONFIRMED = (
    Limit("code", 5, 15 * MINUTE, _CONFIRMED, _OWNER),
    Limit("code", 10, HOUR, _CONFIRMED, _OWNER),
    Limit("code", 30, DAY, _CONFIRMED, _OWNER),
)
_STRANGERS = _("The same, requested from unrecognized devices")
_KEPT = _(
    "The rest is kept for recognized devices. "
    "Someone who stole the password cannot use up the owner's codes."
)
CONFIRMED_STRANGERS = (
    Limit("code-stranger", 3, 15 * MINUTE, _STRANGERS, _KEPT),
    Limit("code-stranger", 6, HOUR, _STRANGERS, _KEPT),
    Limit("code-stranger", 20, DAY, _STRANGERS, _KEPT),
)
_UNPROVEN = _("Codes to one unverified number or email address, from anyone")
_TILL = _("Limits SMS pumping fraud. Stops flooding an inbox.")
UNPROVEN_NUMBER = (
    Limit("unproven", 5, HOUR, _UNPROVEN, _TILL),
    Limit("unproven", 10, DAY, _UNPROVEN, _TILL),
)
NUMBERS_PER_PERSON = Limit(
    "numbers",
    3,
    DAY,
    _("New numbers of one person"),
    _("Allows two typos."),
)
UNPROVEN_PER_ADDRESS = Limit(
    "unproven-address",
    25,
    5 * MINUTE,
    _("Codes to new numbers and addresses from one IP address (IPv6: one /64)"),
    _("Allows a group to enroll from one IP address. Bots are faster."),
)
UNPROVEN_PER_BLOCK = Limit(
    "unproven-block",
    50,
    DAY,
    _("Codes to new numbers in one block of a thousand"),
    _("Fraudsters rent such blocks. Companies own some too."),
)
# Fraudsters rent blocks. A second limit on ten blocks covers those who rent several.
_RENTED = _(
    "Real people enter their codes, fraudsters do not. "
    "Above this limit the numbers get no texts for 12 hours."
)
BLOCK_UNCONFIRMED = Limit(
    "block-unconfirmed",
    5,
    HOUR,
    _("New numbers texted but not verified in one block of a thousand"),
    _RENTED,
)
RANGE_UNCONFIRMED = Limit(
    "range-unconfirmed",
    10,
    HOUR,
    _("New numbers texted but not verified in ten neighboring blocks"),
    _RENTED,
)
NEW_PER_COUNTRY = Limit(
    "new-country",
    100,
    DAY,
    _("Codes to new numbers in one country abroad"),
    _("No other country can use up the daily limit. The home country has only the daily limit."),
)
# `most` is replaced by the budget of the account policy.
NEW_TEXTS = Limit(
    "new-texts",
    500,
    DAY,
    _("Texts to new numbers and test messages, whole site"),
    _("The daily limit from the account policy. Limits the cost of fraud."),
)
KNOWN_TEXTS = Limit(
    "known-texts",
    5000,
    DAY,
    _("Texts to verified numbers, whole site"),
    _(
        "Ten times the daily limit, counted separately. "
        "New numbers cannot use up the texts that logins need."
    ),
)
KNOWN_TIMES_NEW = 10
PEOPLE_PER_NUMBER = 5
PASSWORDS_PER_ADDRESS = Limit(
    "password-address",
    50,
    15 * MINUTE,
    _("Wrong passwords from one IP address"),
    _("Covers an office or school that shares one IP address."),
)
PASSWORDS_AT_ONCE = Limit(
    "password-at-once",
    10,
    MINUTE,
    _("Password checks for one person at the same time, not from recognized devices"),
    _("Sending attempts in parallel does not allow more of them."),
)
NEW_PASSWORDS = Limit(
    "new-password",
    20,
    HOUR,
    _("New passwords tried by one person after a reset"),
    _("Each is compared with the current password, which takes time. Stops guessing it here."),
)
RECOVERY_CODE_SETS = Limit(
    "recovery-codes",
    5,
    HOUR,
    _("New sets of recovery codes for one person"),
    _("Each set takes ten slow hashes and sends two notices."),
)
RECOVERY_CODE_TRIES = Limit(
    "recovery-code-tries",
    20,
    HOUR,
    _("Recovery codes entered for one person, not from recognized devices"),
    _("Each takes a slow hash. Wrong codes cause delays before this limit."),
)
RESETS_PER_MAILBOX = Limit(
    "reset",
    2,
    30 * MINUTE,
    _("Reset emails to one address"),
    _(
        "Someone who reaches this limit still has an email with a working link. "
        "Others can neither flood the inbox nor block resets."
    ),
)
_PASSWORD_MAILS = _("Emails with a link to set or reset the password, to one address")
PASSWORD_MAILS = Limit(
    "password-mail",
    10,
    DAY,
    _PASSWORD_MAILS,
    _("Enough for a day. Stops others from flooding an inbox."),
)
PASSWORD_MAILS_STRANGERS = Limit(
    "password-mail-stranger",
    6,
    DAY,
    _("The same, requested from unrecognized devices"),
    _("The rest is kept for recognized devices and links from administrators."),
)
RESETS_PER_STRANGER = Limit(
    "reset-stranger",
    5,
    DAY,
    _("Reset emails to one address, requested from unrecognized devices"),
    _("Lower, because the person has never logged in there."),
)
RESETS_PER_ADDRESS = Limit(
    "reset-address",
    20,
    HOUR,
    _("Reset emails requested from one IP address"),
    _("Covers an office sharing one IP address."),
)
NEW_EMAILS_PER_PERSON = Limit(
    "new-email",
    5,
    DAY,
    _("New email addresses of one person, for the account and for login codes"),
    _("Enough to correct a typo, too few to send spam."),
)
MAILS_PER_NEW_EMAIL = Limit(
    "new-email-mailbox",
    5,
    DAY,
    _("Links to one new email address, from anyone"),
    _("Stops flooding someone else's inbox."),
)
LINKS_PER_PERSON = Limit(
    "link",
    5,
    HOUR,
    _("Links that administrators send to one person"),
    _("Enough to correct a wrong address."),
)
REPORTS = Limit(
    "report",
    10,
    DAY,
    _("Uses of “This wasn't me” links by one person"),
    _("Each link works once. More would only send more emails."),
)
DATA_DOWNLOADS = Limit(
    "data",
    3,
    HOUR,
    _("Downloads of one person's own data"),
    _("Enough after a broken download. Each may read many rows."),
)
RESCUES = Limit(
    "rescue",
    10,
    DAY,
    _("Pauses, resets and number changes by one member of staff"),
    _(
        "More than a busy help desk needs. "
        "Limits the damage of a stolen staff session. "
        "Administrators get an email at the fifth."
    ),
)
RESCUES_TOLD = 5
PASS_MAILS = Limit(
    "pass-mails",
    5,
    HOUR,
    _("Emails that ask one person if they talk to support"),
    _("Enough for a call. More would be spam."),
)
RECOVERIES = Limit(
    "recoveries",
    3,
    7 * DAY,
    _("Requests after a lost phone, for one person from one network"),
    _("Each sends notices to all addresses and numbers. Other networks are not held up."),
)
PEOPLE_OPENED = Limit(
    "people-opened",
    120,
    HOUR,
    _("Different people's support pages opened by one member of staff"),
    _(
        "A call takes minutes, so no one helps two people a minute. "
        "Stops copying everyone's details page by page. "
        "Administrators get an email at the 30th: a busy hour has about 20 calls."
    ),
)
PEOPLE_OPENED_TOLD = 30
PAGE_OF_PERSON = Limit(
    "page-of-person",
    1,
    HOUR,
    _("Audit entries for one member of staff who opens one person's support page"),
    _("Reloading the page or using it counts as the same visit."),
)
TEST_MESSAGES = Limit(
    "test",
    10,
    HOUR,
    _("Test messages of one administrator"),
    _("Enough to fix a setting, too few for spam."),
)
NOTICE_TEXTS = Limit(
    "notice-texts",
    3,
    DAY,
    _("Texts to one number about one kind of change"),
    _("More texts would say nothing new and use up the daily limit. An email is sent each time."),
)
NUMBER_SEARCHES = Limit(
    "number-search",
    60,
    HOUR,
    _("Searches for a phone number by one member of staff"),
    _("One caller a minute. Stops guessing hidden numbers by their endings."),
)
_INVITED = _(
    "Enough for a new department. "
    "Limits spam by a stolen account. "
    "Administrators get an email at half of it. "
    "Renewed invitations count too."
)
INVITATIONS_PER_MANAGER = Limit(
    "invitation-manager", 200, DAY, _("Invitations by one manager"), _INVITED
)
INVITATIONS_PER_ORGANIZATION = Limit(
    "invitation-organization", 500, DAY, _("Invitations to one organization"), _INVITED
)
INVITATIONS_TOLD = (INVITATIONS_PER_MANAGER, INVITATIONS_PER_ORGANIZATION)
INVITATIONS_PER_ADDRESS = Limit(
    "invitation-address",
    5,
    DAY,
    _("Invitations of one address to one organization"),
    _("Enough to send a lost email again. Stops flooding an inbox."),
)
_GUESSING = _(
    "Administrators get an email, at most once an hour, "
    "if at least half of all attempts are also wrong. "
    "This suggests an attack on many accounts."
)
REGISTRATIONS_PER_NETWORK = Limit(
    "registration-network",
    5,
    HOUR,
    _("Registrations from one network (IPv4: one /24, IPv6: one /64)"),
    _("Enough for a family or a waiting room. Bots need more."),
)
_REGISTRATION_MAILS = _("Registration emails to one address, from anyone")
_UNASKED = _(
    "Enough to ask for a lost code again. "
    "Stops others from flooding an inbox, and from guessing codes for an address."
)
REGISTRATION_MAILS = (
    Limit("registration-mail", 3, HOUR, _REGISTRATION_MAILS, _UNASKED),
    Limit("registration-mail", 10, DAY, _REGISTRATION_MAILS, _UNASKED),
)
REGISTRATION_MAILS_A_DAY = Limit(
    "registration-site",
    2000,
    DAY,
    _("Registration emails, whole site"),
    _(
        "More than a large clinic needs in a day. "
        "A mail server that sends more to strangers is soon blocked. "
        "Administrators get an email at half of it."
    ),
)
SITE_WRONG_PASSWORDS = Limit(
    "site-wrong-passwords", 300, HOUR, _("Wrong passwords on the whole site"), _GUESSING
)
SITE_WRONG_CODES = Limit(
    "site-wrong-codes", 100, HOUR, _("Wrong codes on the whole site"), _GUESSING
)
SIGNED_CHALLENGES = Limit(
    "signed-challenge",
    600,
    5 * MINUTE,
    _("Challenges for passkeys to one IP address (IPv6: one /64)"),
    _("Each opened login page requests one. An office or school shares one IP address."),
)
SIGNED_REFUSALS = Limit(
    "signed-refusal",
    50,
    15 * MINUTE,
    _("Refused passkeys from one IP address (IPv6: one /64)"),
    _("Passkeys can't be guessed. These attempts count against no person."),
)
COPIED_KEYS = Limit(
    "copied-key",
    1,
    DAY,
    _("Notices that one passkey may have been copied"),
    _("The first one says everything."),
)
PUSHES = Limit(
    "push",
    3,
    15 * MINUTE,
    _("Requests to the phones of one person; each recognized device has its own count"),
    _(
        "Enough for a missed one. "
        "Someone who stole the password cannot wear the owner down with requests (PU-02)."
    ),
)
PHONE_SETUPS = Limit(
    "push-setup",
    10,
    HOUR,
    _("QR codes for new phones of one person"),
    _("Enough to try another browser. Each sends a test."),
)
LATE_RECORDS = Limit(
    "late-records",
    20,
    HOUR,
    _("Audit entries for one person's refused requests and late codes"),
    _("More entries say nothing new and fill the table."),
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
    PASSWORDS_AT_ONCE,
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
    REPORTS,
    DATA_DOWNLOADS,
    RESCUES,
    PASS_MAILS,
    RECOVERIES,
    PEOPLE_OPENED,
    PAGE_OF_PERSON,
    TEST_MESSAGES,
    NOTICE_TEXTS,
    NUMBER_SEARCHES,
    INVITATIONS_PER_MANAGER,
    INVITATIONS_PER_ORGANIZATION,
    INVITATIONS_PER_ADDRESS,
    REGISTRATIONS_PER_NETWORK,
    *REGISTRATION_MAILS,
    REGISTRATION_MAILS_A_DAY,
    SITE_WRONG_PASSWORDS,
    SITE_WRONG_CODES,
    SIGNED_CHALLENGES,
    SIGNED_REFUSALS,
    COPIED_KEYS,
    PUSHES,
    PHONE_SETUPS,
    LATE_RECORDS,
)
