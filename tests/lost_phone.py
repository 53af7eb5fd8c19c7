"""A lost phone in tests: its request, the beat of the worker, and what people read."""

import re
from datetime import timedelta

from django.test import TestCase

from accounts.models import User
from mfa import recoveries
from mfa.models import OutboxMessage, RecoveryRequest, SitePolicy
from tests.portal_client import Browser

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_PHONE = "+447700900250"
STOP = re.compile(r"/recover/stop/[\w-]+/[\w.-]+/")
Outcome = RecoveryRequest.Outcome


def no_codes_by_email() -> None:
    SitePolicy.note(email_codes="off")


def remind() -> None:
    """The worker's beat."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        recoveries.remind()


def told(user: User, channel: str = "email") -> list[str]:
    """The newest messages first, subject and text."""
    to = user.email if channel == "email" else "+447700900201"
    sent = OutboxMessage.objects.filter(channel=channel, target=to).order_by("-pk")
    return [f"{one.subject}\n{one.body}" for one in sent]


def stop_link(user: User, channel: str = "email") -> str:
    found = STOP.search(told(user, channel)[0])
    assert found
    return found[0]


def start(browser: Browser, user: User) -> RecoveryRequest:
    browser.password(user)
    browser.post("/recover/")
    return RecoveryRequest.objects.get(user=user, ended_at=None)
