"""A session without a fresh proof cannot change protection (S02, S21)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from accounts.models import User
from mfa.login.typed import KEY
from mfa.session_engine import Session
from tests.advisories.trial import BODIES, undone
from tests.architecture.addresses import ADDRESSES
from tests.journeys.database import Dump, dump
from tests.portal_client import Browser

# What a stale POST may write: the request for a proof, its code, and the form to fill in again
RECORDS = {"mfa_auditevent", "mfa_counter", "mfa_metric", "mfa_session"}
# Statements that change nothing else. All others are a reason to look at the whole database.
HARMLESS = re.compile(
    "SELECT|SAVEPOINT|RELEASE|ROLLBACK|"
    rf'(?:INSERT INTO|UPDATE|DELETE FROM) "?(?:{"|".join(RECORDS)})\b'
)
# What is allowed without a fresh proof, and why
ANYWAY = {
    "accounts:logout": "it only ends",
    "accounts:not_me": "it ends every session, this one too, and asks for a new password",
    "accounts:details": "a name and a language",
    "accounts:step_up": "it asks for the proof",
    "accounts:forgot": "it is open to strangers",
    "admin:logout": "it only ends",
    "mfa:answer_nudge": "it only says when the notice about passkeys comes back",
    "mfa:note_nudge": "it only says when the notice about passkeys comes back",
}


@pytest.fixture
def stale(clock: time_machine.Traveller, ruling: Browser, charlie: User) -> dict[str, Browser]:
    """A superuser and an ordinary person, logged in eleven minutes ago."""
    home = Browser()
    home.log_in(charlie)
    clock.shift(timedelta(minutes=11))
    return {"root": ruling, "charlie": home}


def changed(before: Dump, after: Dump) -> set[str]:
    return {table for table in after if after[table] != before.get(table)} - RECORDS


def sessions() -> dict[str, tuple[object, ...]]:
    """Return what each session allows and holds, except a form that comes back."""
    return {
        each.pk: (each.user_id, each.aal, each.pause_id, {**each.get_decoded(), KEY: None})
        for each in Session.objects.all()
    }


def may_change(browser: Browser, path: str, body: dict[str, str]) -> bool:
    """Post, and return whether a statement was not harmless."""
    statements = []

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        browser.post(path, body)
    return not all(map(HARMLESS.match, statements))


@pytest.mark.parametrize("who", ["root", "charlie"])
def test_stale_session_cannot_change_protection(stale: dict[str, Browser], who: str) -> None:
    before, logins, browser = dump(), sessions(), stale[who]
    wrong = {}
    for each in ADDRESSES:
        if each.name in ANYWAY:
            continue
        for body in ({}, BODIES["fields of other steps"]):
            with undone(browser) as twin:
                found = changed(before, dump()) if may_change(twin, each.path, body) else set()
                if sessions() != logins:
                    found.add("mfa_session")
                if found:
                    wrong[str(each)] = found
    assert wrong == {}
    assert Session.objects.filter(aal=2).count() == 2


def test_same_posts_of_fresh_session_change_something(
    stale: dict[str, Browser], clock: time_machine.Traveller
) -> None:
    """Proves that the test above can fail."""
    clock.shift(timedelta(minutes=-11))
    before = dump()
    assert may_change(stale["charlie"], "/me/security/codes/", {})
    assert "mfa_recoverycode" in changed(before, dump())
