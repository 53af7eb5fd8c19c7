"""Trying actions in a browser without side effects, and what a session has proven."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from django.db import transaction

from accounts.models import User
from mfa.login.pending import PendingLogin
from mfa.models import Factor, OutboxMessage
from mfa.rules.routes import Purpose
from mfa.rules.steps import Proof
from mfa.session_engine import ABOUT
from mfa.sessions.proofs import PROOFS
from tests.architecture.addresses import PORTAL
from tests.portal_client import Browser

# A browser with an open question, and the only page that takes the answer
ASKED = {
    Purpose.LOGIN: ("asked", "mfa:verify"),
    Purpose.STEP_UP: ("stepping_up", "mfa:verify"),
    Purpose.RESET: ("answering_reset", "mfa:verify"),
    Purpose.RECOVER: ("answering_mailbox", "mfa:mailbox"),
    Purpose.ENROLL: ("proving", "mfa:enroll_verify"),
    Purpose.CHANGE: ("changing", "mfa:change_phone_verify"),
    Purpose.REGISTER: ("registered", "accounts:register_code"),
}
# Where a flow continues. New pages below these URLs are tried automatically.
FLOW = tuple(
    each for each in PORTAL if each.route.startswith(("login/", "me/phone/", "password/new/"))
)
# What a session with a fresh proof is allowed to do
OPEN = {Purpose.CHANGE: {"mfa:recovery_codes"}}
# What the forms and buttons of all steps send, without a valid proof
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
    """Give a copy of a browser, and roll back everything it does."""
    twin = Browser()
    twin.cookies = deepcopy(browser.cookies)
    block = transaction.atomic()
    # As in Django's TestCase: blocks that must be outermost may be nested.
    block._from_testcase = True
    with block:
        yield twin
        transaction.set_rollback(True)


def proven(browser: Browser) -> set[str]:
    """Return what the session has proven, and when."""
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


def bound() -> set[tuple[object, ...]]:
    """Return what lets people in: passwords, emails, factors and exceptions."""
    people = User.objects.values_list(
        "pk", "email", "password", "is_staff", "skipped_at", "ever_bound_at"
    )
    return {*people, *Factor.objects.usable().values_list("user", "kind", "target")}


def newest_code() -> str:
    """Return the latest code, sent to anyone."""
    bodies = OutboxMessage.objects.values_list("body", flat=True)
    return next(found[0] for body in bodies if (found := re.search(r"\b\d{6}\b", body)))
