"""Trying something in a browser without leaving a trace, and what a session has proven."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from django.db import transaction

from accounts.models import User
from mfa.models import Factor, OutboxMessage, Purpose
from mfa.pending import PendingLogin
from mfa.rules.steps import Proof
from mfa.sessions import ABOUT, PROOFS
from tests.architecture.addresses import PORTAL
from tests.portal_client import Browser

# A browser that has been asked, and the one page that takes the answer
ASKED = {
    Purpose.LOGIN: ("asked", "mfa:verify"),
    Purpose.STEP_UP: ("stepping_up", "mfa:verify"),
    Purpose.RESET: ("answering_reset", "mfa:verify"),
    Purpose.RECOVER: ("answering_mailbox", "mfa:mailbox"),
    Purpose.ENROLL: ("proving", "mfa:enroll_verify"),
    Purpose.CHANGE: ("changing", "mfa:change_phone_verify"),
}
# Where a walk is carried on: a new page below these addresses is tried by itself.
FLOW = tuple(
    each for each in PORTAL if each.route.startswith(("login/", "me/phone/", "password/new/"))
)
# What a session with a fresh proof may do anyway
OPEN = {Purpose.CHANGE: {"mfa:recovery_codes"}}
# What the forms and buttons of all steps send, with nothing in it that would prove anything
BUTTONS = {
    "another": "1",
    "back": "1",
    "skip": "1",
    "choose": "1",
    "resend": "1",
    "found": "1",
    "lost": "1",
    "make": "1",
    "continue": "1",
    "finish": "1",
    "route": "email",
    "binding": "1",
    "next": "/me/email/",
}
FIELDS = {
    "email": "mallory@example.org",
    "password": "not the password of anybody",
    "old_password": "not the password of anybody",
    "code": "12 34",
    "name": "Work phone",
    "proof": "answer",
    "mailbox_proven": "true",
    "aal": "2",
    "user": "1",
    "unknown": "1",
}
BODIES = {
    "empty": {},
    "buttons": BUTTONS,
    "fields of other steps": {**BUTTONS, **FIELDS},
}


@contextmanager
def undone(browser: Browser) -> Iterator[Browser]:
    """Give a twin of a browser; whatever it does is taken back at the end."""
    twin = Browser()
    twin.cookies = deepcopy(browser.cookies)
    block = transaction.atomic()
    # As those of Django's own TestCase: blocks that must be the outermost may stand inside.
    block._from_testcase = True
    with block:
        yield twin
        transaction.set_rollback(True)


def proven(browser: Browser) -> set[str]:
    """Name each thing that the session has proven, with the moment of it."""
    session = browser.session
    about = session.get(ABOUT, {})
    shown = {f"{by} at {at}" for by, at in about.get(PROOFS, {}).items()}
    shown |= {f"level {level + 1}" for level in range(about.get("aal", 0))}
    if browser.signed_in:
        shown.add("logged in")
    pending = PendingLogin.load(session)
    if pending and pending.proof != Proof.NONE:
        shown.add(f"{pending.proof} by {pending.channel}")
    if pending and pending.mailbox_proven:
        shown.add("mailbox")
    if pending and pending.opened:
        shown.add("form for a new password")
    return shown


def bound() -> set[object]:
    """Return what lets people in: passwords, emails, factors, and what excuses from them."""
    people = User.objects.values_list(
        "pk", "email", "password", "is_staff", "skipped_at", "ever_bound_at"
    )
    return {*people, *Factor.objects.usable().values_list("user", "kind", "target")}


def newest_code() -> str:
    """Return the code that went out last, to any person."""
    bodies = OutboxMessage.objects.values_list("body", flat=True)
    return next(found[0] for body in bodies if (found := re.search(r"\b\d{6}\b", body)))
