"""Approval on the phone: a request by web push, a number to type, and a key that signs."""

from django.utils.translation import gettext_lazy as _

from mfa.channels import webpush
from mfa.factors.kind import Kind, Words
from mfa.factors.push.devices import (
    MOST_PHONES,
    Subscribed,
    are_enough,
    endpoint_of,
    forget_subscriptions,
    in_use,
    known_by,
    renew,
    to_visit,
)
from mfa.factors.push.requests import (
    Answered,
    answer,
    ask,
    current,
    may_answer,
    open_for,
    verify,
)
from mfa.factors.push.setup import add, begin, begun, find, grouped, pair, test_of, tidy, try_out
from mfa.models import PushRequest
from mfa.rules.methods import Method

KIND = Kind(
    method=Method.PUSH,
    verify=verify,
    ask=ask,
    is_on=webpush.is_on,
    page="mfa:push",
    enroll="mfa:enroll_push",
    add="mfa:add_push",
    notice="push",
    challenges=PushRequest,
    several=True,
    words=Words(
        label=_("Approval on a phone"),
        asked=_("approval on a phone"),
        ready=_("Can approve on a phone."),
        by=_("by approval on a phone"),
        logs_in=_("You approve logins on your phone."),
        set_up=_("Your phone is set up. Log in again to continue."),
        added=_("Your phone is added. You can approve logins on it."),
        choose=_("Approve on your phone"),
        out_of_order=_("Approval on a phone is not available right now."),
        add=_("Add a phone that approves logins"),
        enroll=_("Approve on your phone"),
        about=_("Your phone asks if it is you. You type a number. There is no code to wait for."),
        enrolled=_("Your phone is set up"),
        from_now_on=_("From now on your phone asks if it is you each time you log in."),
        lost_title=_("Lost phone"),
        lost=_("I no longer have this phone"),
        found=_("Back: I have my phone"),
    ),
)

__all__ = [
    "KIND",
    "MOST_PHONES",
    "Answered",
    "Subscribed",
    "add",
    "answer",
    "are_enough",
    "ask",
    "begin",
    "begun",
    "current",
    "endpoint_of",
    "find",
    "forget_subscriptions",
    "grouped",
    "in_use",
    "known_by",
    "may_answer",
    "open_for",
    "pair",
    "renew",
    "test_of",
    "tidy",
    "to_visit",
    "try_out",
    "verify",
]
