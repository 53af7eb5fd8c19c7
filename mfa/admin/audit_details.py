"""The details of an audit event, in words.

`mfa.audit` stores short keys and codes, because the reader's language is not known then.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_lazy as _

from mfa.admin.base.words import when
from mfa.factors import KINDS
from mfa.login.blocked import WORDS as CAUSES
from mfa.login.diagnose import USED
from mfa.models import AuditEvent, Event, Reason, RecoveryRequest, SendBlock
from mfa.models.challenges import PURPOSES
from mfa.models.message_words import MESSAGES
from mfa.rescue import Identified
from mfa.rules.steps import Step
from mfa.templatetags import mfa_words

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


@dataclass(frozen=True, slots=True)
class Detail:
    """The label of a detail, and a function from its stored value to words, "" to show nothing."""

    label: "StrOrPromise"
    words: Callable[[Any], object] = str


def _from(words: Mapping[Any, object]) -> Callable[[Any], str]:
    """Return a function that looks a code up. A code of another version stays as it is."""
    return lambda code: str(words.get(code, code))


def _yes_or_no(stored: int) -> str:
    return gettext("yes") if stored else gettext("no")


def _scope(scope: str) -> str:
    block = SendBlock(scope=scope)
    return block.asker or (mfa_words.country_name(scope) if block.is_country else scope)


def _subject(about: str) -> str:
    """Return an address or what was blocked. The other details repeat all other subjects."""
    if about.startswith(("+", "network:", "person:")):
        return _scope(about)
    try:
        return str(ip_address(about))
    except ValueError:
        return ""


# Why an answer was refused, by the kinds that record it
CHECKS = {check: words for kind in KINDS.values() for check, words in kind.details.items()}
STEPS: "dict[Step, StrOrPromise]" = {
    Step.START_OVER: _("log in again"),
    Step.ENTER: _("enter the portal"),
    Step.FINISH: _("finish the setup"),
    Step.WAIT: _("wait after too many wrong codes"),
    Step.ANSWER: _("enter a code"),
    Step.CHOOSE: _("choose a method"),
    Step.BACK_UP: _("set up a second way to log in"),
    Step.ENROLL: _("set up two-step verification"),
    Step.PROVE_MAILBOX: _("enter an emailed code"),
    Step.BLOCKED: _("ask for help"),
    Step.OFFER: _("set up two-step verification, or skip it"),
}
IDENTIFIED: "dict[Identified, StrOrPromise]" = {
    Identified.IN_PERSON: _("in person, with ID"),
    Identified.MANAGER: _("confirmed by their manager"),
    Identified.OTHER: _("another way"),
    Identified.OPERATOR: _("by the operator of the server"),
}
UNUSUAL: "dict[str, StrOrPromise]" = {
    "browser": _("from a new browser"),
    "pause": _("after a long time"),
}
# How the person gets back in after a report, and how new SMS values were confirmed
WAYS: "dict[str, StrOrPromise]" = {
    "link": _("a link by email"),
    "ask": _("a link that the person requests"),
    "login": _("a login, then a new password"),
    "renew": _("a login, then a new password"),
    "help": _("with help"),
    "closed": _("the account is turned off"),
    "code": _("a code to a phone"),
    "factor": _("the administrator's own method"),
    "command": _("a command on the server"),
}
OUTCOMES: "dict[str, StrOrPromise]" = dict(RecoveryRequest.Outcome.choices)
LIMITS: "dict[str, StrOrPromise]" = {
    "new-texts": _("texts to new numbers"),
    "known-texts": _("texts to verified numbers"),
}

# In the order of the page. accounts.admin adds its own.
DETAILS: dict[str, Detail] = {
    "alert": Detail(_("Alert"), _from(MESSAGES)),
    "purpose": Detail(_("Purpose"), _from(PURPOSES)),
    "channel": Detail(_("Method"), _from(USED)),
    "aal": Detail(_("Assurance level (AAL)")),
    "trusted": Detail(_("Trusted browser"), _yes_or_no),
    "attempt": Detail(_("Times sent")),
    "unusual": Detail(_("Unusual"), _from(UNUSUAL)),
    "factor": Detail(_("Method"), mfa_words.factor_words),
    "replaced": Detail(_("Instead of")),
    "ending": Detail(_("Number ends in")),
    "old_ending": Detail(_("Old number ends in")),
    "new_ending": Detail(_("New number ends in")),
    "email": Detail(_("Email")),
    "old": Detail(_("Old email")),
    "new": Detail(_("New email")),
    "person": Detail(_("Person")),
    "reader": Detail(_("Member of support")),
    "helper": Detail(_("Helper")),
    "sender": Detail(_("Invited by")),
    "account": Detail(_("SMS account ends in")),
    "fields": Detail(_("Changed"), mfa_words.policy_fields),
    "group": Detail(_("Group")),
    "given": Detail(_("Added"), mfa_words.powers),
    "taken": Detail(_("Removed"), mfa_words.powers),
    "people": Detail(_("People")),
    "organization_name": Detail(_("Organization")),
    "slug": Detail(_("Address of the organization")),
    "person_id": Detail(_("Account number")),
    "check": Detail(_("Reason"), _from(CHECKS)),
    "step": Detail(_("Open step"), _from(STEPS)),
    "causes": Detail(_("Reasons"), lambda causes: " ".join(map(_from(CAUSES), causes))),
    "what": Detail(_("Reported"), lambda event: AuditEvent(event=event).told),
    "way": Detail(_("Way"), _from(WAYS)),
    "identified": Detail(_("Person identified"), _from(IDENTIFIED)),
    "details": Detail(_("Which other way")),
    "first": Detail(_("First method"), _yes_or_no),
    "left": Detail(_("Recovery codes left")),
    "restored": Detail(_("Codes from a restored backup"), _yes_or_no),
    "mailed": Detail(_("Email sent"), _yes_or_no),
    "texts": Detail(_("Texts"), _from({"tried": _("sending resumed on trial")})),
    "text_notice": Detail(_("Version of the notice about texts")),
    "codes": Detail(_("Wrong codes")),
    "wrong": Detail(_("Wrong attempts")),
    "kind": Detail(_("Limit"), _from(LIMITS)),
    "used": Detail(_("Used")),
    "most": Detail(_("At most")),
    "number": Detail(_("Count")),
    "days": Detail(_("Days")),
    "minutes": Detail(_("Minutes")),
    "hours": Detail(_("Hours")),
    "until": Detail(_("Until"), lambda moment: when(parse_datetime(moment))),
    "ends": Detail(_("Ends"), lambda moment: when(parse_datetime(moment))),
    "outcome": Detail(_("Outcome"), _from(OUTCOMES)),
    "scope": Detail(_("Texts to"), _scope),
    "held": Detail(_("Numbers that start with")),
    "country": Detail(_("Country"), mfa_words.country_name),
    "fault": Detail(_("Reason"), _from(dict(Reason.choices))),
    "fault_code": Detail(_("Error code of the text service")),
    "code": Detail(_("Error code of the text service")),
    "reason": Detail(_("Reason"), _from({**dict(Reason.choices), **UNUSUAL})),
    "login": Detail(_("Reference number of the login")),
    "about": Detail(_("Subject"), _subject),
}
# Keys with another meaning in one kind of event
OF_EVENT: dict[tuple[Event, str], Detail] = {
    (Event.SESSIONS_ENDED, "number"): Detail(_("Sessions ended")),
    **{
        (event, "number"): Detail(_("Reference number of the request"))
        for event in (
            Event.RECOVERY_STARTED,
            Event.RECOVERY_WAITING,
            Event.RECOVERY_READY,
            Event.RECOVERY_SHORTENED,
        )
    },
    (Event.DISOWNED, "number"): Detail(_("Reference number of the event")),
}
# The page has a line of its own for who acted
ELSEWHERE = {"by", "command"}


def in_words(event: AuditEvent) -> Iterator[tuple[str, object]]:
    """Yield the label and the words of each detail. A key of another version stays as it is."""
    stored = {key: value for key, value in event.details.items() if key not in ELSEWHERE}
    order = list(DETAILS)
    for key in sorted(stored, key=lambda key: order.index(key) if key in DETAILS else len(order)):
        detail = _detail(event.event, key)
        if (words := detail.words(stored[key])) not in ("", None):
            yield str(detail.label), words


def _detail(event: str, key: str) -> Detail:
    mine = OF_EVENT.get((Event(event), key)) if event in Event else None
    return mine or DETAILS.get(key) or Detail(key.replace("_", " "))
