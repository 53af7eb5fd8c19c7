"""The virtual phone, which shows texts and emails."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mfa.channels.outbox import FAILURES
from mfa.models import OutboxMessage
from portal.demo.organizations import CLINIC
from portal.demo.people import PEOPLE

SHOWN = 50
CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the phone, with its code highlighted."""

    channel: str
    target: str
    subject: str
    body: str
    at: datetime
    code: str
    page: str


@login_not_required
@never_cache
@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """Show the newest messages, the people to log in as, and the numbers that fail."""
    context = {
        "messages": [_shown(message) for message in OutboxMessage.objects.all()[:SHOWN]],
        "people": PEOPLE,
        "clinic": CLINIC,
        "numbers": [
            {"number": number, "reason": failure.reason.label}
            for number, failure in FAILURES.items()
        ],
    }
    return render(request, "demo/phone.html", context)


def _shown(message: OutboxMessage) -> Shown:
    found = CODE.search(message.body)
    return Shown(
        channel=message.channel,
        target=message.target,
        subject=message.subject,
        body=message.body,
        at=message.at,
        code=found[0] if found else "",
        page=message.body.splitlines()[-1] if message.channel == "push" else "",
    )
