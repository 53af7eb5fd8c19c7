"""Invitations for tests: sent through the manager's page, opened from the email."""

import re

from django.http import HttpResponse
from django.test import TestCase

from mfa.messages import queue as deliveries
from mfa.models import OutboxMessage
from tests.portal_client import Browser

LIST = "/organizations/acme/invitations/"
ANN = "ann@example.org"
NEW = "another long enough one"
LINK = re.compile(r"/invitation/[\w-]+/[\w.-]+/")


def invite(manager: Browser, email: str = ANN, **fields: str) -> HttpResponse:
    """Invite an address to Acme, and let the bulk worker run."""
    answer = manager.post(f"{LIST}new/", {"email": email, "full_name": "Ann Archer", **fields})
    send()
    return answer


def send() -> None:
    """Send what waits in the bulk queue."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        deliveries.send_bulk()


def link_to(email: str = ANN) -> str:
    """Return the link of the newest invitation of an address."""
    bodies = OutboxMessage.objects.filter(target=email).values_list("body", flat=True)
    return next(match[0] for match in map(LINK.search, bodies) if match)


def accept(browser: Browser, path: str, password: str = NEW, **fields: str) -> HttpResponse:
    """Press the button, with a password."""
    typed = {"new_password1": password, "new_password2": password}
    return browser.post(path, {**typed, **fields})
