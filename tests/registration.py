"""Registrations for tests: through the pages, with the code from the email."""

from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone

from accounts.models import Organization
from mfa.models import SitePolicy
from tests.organizations import organization
from tests.portal_client import Browser, code

PAGE, CLINIC, CODE = "/register/", "/register/maple-clinic/", "/register/email/code/"
ANN, NUMBER = "ann@example.org", "+447700900260"
NEW = "another long enough one"
TYPED = {"full_name": "Ann Archer", "email": ANN, "password": NEW, "phone": "07700 900260"}


def registered() -> dict[str, datetime]:
    """Return the columns of a person who registered, as far as they differ from others."""
    return dict.fromkeys(("mailbox_proven_at", "registered_at"), timezone.now())


def open_site() -> None:
    """Let people register for the site."""
    site = SitePolicy.load()
    site.registration = True
    site.save()


def clinic(**own: object) -> Organization:
    """Return an organization where people can register."""
    return organization("Maple Clinic", registration=True, **own)


def register(browser: Browser, page: str = PAGE, **typed: str) -> HttpResponse:
    """Send the form."""
    return browser.post(page, {**TYPED, **typed})


def prove(browser: Browser, email: str = ANN) -> HttpResponse:
    """Enter the newest code that was emailed to an address."""
    return browser.post(CODE, {"code": code(email)})
