"""One-time passes in tests: the helper, the person's confirmation, and the pass."""

import re

from django.contrib.auth.models import Group

from accounts.models import User
from accounts.people import support
from mfa import passes
from mfa.audit import NOWHERE
from tests.conftest import give_phone, make_user
from tests.lost_phone import told
from tests.portal_client import Browser

CONFIRM = re.compile(r"/pass/confirm/[\w-]+/[\w.-]+/")
SHOWN = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}")
FORM = {"minutes": "30", "reason": "Lost the phone on a boat"}


def helper() -> User:
    """Dana of the group Support."""
    dana = make_user("dana@example.org", full_name="Dana", is_staff=True)
    dana.groups.add(Group.objects.get(name="Support"))
    give_phone(dana, "+447700900207")
    return dana


def page_of(user: User) -> str:
    return f"/support/people/{user.pk}/pass/"


def confirm_link(user: User) -> str:
    found = CONFIRM.search(told(user)[0])
    assert found
    return found[0]


def confirmed(desk: Browser, user: User) -> None:
    """The helper asks, and the person presses the button."""
    desk.post(page_of(user), {"ask": "yes"})
    Browser().post(confirm_link(user))


def given(desk: Browser, user: User) -> str:
    """The pass that the helper reads from the page."""
    confirmed(desk, user)
    shown = SHOWN.search(desk.post(page_of(user), FORM).content.decode())
    assert shown
    return shown[0]


def made(actor: User, user: User, minutes: int = 30) -> str:
    """A pass that an administrator makes."""
    code = support.make_pass(
        actor, user, minutes=minutes, reason="Lost everything", alone=True, client=NOWHERE
    )
    assert code
    assert passes.made_lately(user)
    return code
