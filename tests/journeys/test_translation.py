"""Every page and message in a pseudo-language: nothing stays in English, no text grows too long.

The browser tests look at the same pages for their width (tests/browser/test_translation.py).
"""

from itertools import zip_longest

import pytest
from django.db.models.signals import pre_save
from django.utils import timezone

from accounts.models import User
from mfa import audit
from mfa.models import Challenge, Delivery, Event, Reason
from mfa.models.factors import Status
from mfa.models.message_words import MESSAGES
from mfa.rules.routes import Purpose
from tests.architecture.addresses import ADDRESSES
from tests.architecture.test_messages import GSM, MAILS, PURPOSES, TEXTS, render
from tests.journeys.visits import answer
from tests.portal_client import Browser
from tests.pseudo import ACCENTED, speaking, untranslated
from tests.reading import texts_of
from tests.stations import STATIONS

# Two segments of GSM 03.38: seven characters of each are their numbers (OT-10).
TWO_SEGMENTS = 2 * 153
# In place of the longest ones
SHORT = {
    "portal_name": "Acme Portal",
    "contact": "the help desk",
    "base_url": "https://testserver",
    "host": "testserver",
    "address": "192.0.2.1",
}


@pytest.fixture
def _accented(settings, db) -> None:
    """Pages are accented, and so are the messages to everyone."""

    def speak(instance: User, **_: object) -> None:
        instance.language = ACCENTED

    pre_save.connect(speak, sender=User)
    with speaking(settings, ACCENTED):
        yield
    pre_save.disconnect(speak, sender=User)


@pytest.mark.full
@pytest.mark.usefixtures("_accented")
@pytest.mark.parametrize("station", STATIONS)
def test_every_text_of_every_page_is_translated(
    request: pytest.FixtureRequest, station: str
) -> None:
    browser = request.getfixturevalue(station)
    answers = [answer(each, browser, "get") for each in ADDRESSES]
    pages = {str(each): texts_of(each.html) for each in answers if each.is_page}
    assert pages
    assert [
        f"{page}: {left} in {text!r}"
        for page, texts in pages.items()
        for text in texts
        if (left := untranslated(text))
    ] == []


READ_IN = (
    "/me/activity/?page={page}",
    "/support/people/{person}/",
    "/admin/mfa/auditevent/?p={page}",
    "/admin/mfa/delivery/",
    "/admin/mfa/challenge/",
    "/admin/mfa/factor/",
)


@pytest.mark.usefixtures("_accented")
def test_every_stored_name_is_shown_in_words(ruling: Browser, root: User) -> None:
    """Each event, message, reason, state, purpose and status, as people and staff read it."""
    fill(root)
    paths = {path.format(page=page, person=root.pk) for path in READ_IN for page in (1, 2)}
    answers = {path: ruling.get(path, follow=True) for path in paths}
    assert {each.status_code for each in answers.values()} == {200}
    assert [
        f"{path}: {left} in {text!r}"
        for path, each in answers.items()
        for text in texts_of(each.text)
        if (left := untranslated(text))
    ] == []


def fill(user: User) -> None:
    """Store one row of each kind for the person."""
    now = timezone.now()
    for event in Event:
        audit.record(event, user, channel="recovery_codes")
    sent = {"user": user, "channel": "sms", "target": "+447700900204", "created_at": now}
    kinds = zip_longest(MESSAGES, Reason, Delivery.State)
    Delivery.objects.bulk_create(
        Delivery(**sent, message=name or "code", reason=reason or "", state=state or "failed")
        for name, reason, state in kinds
    )
    for status in Status:
        user.factors.create(target="+447700900204", status=status, confirmed_at=now)
    asked = {"channel": "sms", "target": "+447700900204", "created_at": now, "expires_at": now}
    for purpose in Purpose:
        Challenge.objects.create(user=user, purpose=purpose, resend_at=now, **asked)


@pytest.mark.usefixtures("_accented")
def test_every_text_of_every_mail_is_translated() -> None:
    parts = ("subject.txt", "body.txt", "body.html")
    mails = [
        (f"emails/{name}/{part}", render(f"emails/{name}/{part}", purpose=purpose, **SHORT))
        for name in MAILS
        for part in parts
        for purpose in (PURPOSES if name == "code" else PURPOSES[:1])
    ]
    assert [
        f"{name}: {left} in {text!r}"
        for name, mail in mails
        for text in texts_of(mail)
        if (left := untranslated(text))
    ] == []


@pytest.mark.usefixtures("_accented")
def test_translated_text_message_fits_two_segments() -> None:
    """In a language with the letters of GSM 03.38. Others have 134 characters."""
    assert {name: text for name, text in texts().items() if set(text) - GSM} == {}
    assert {name: len(text) for name, text in texts().items() if len(text) > TWO_SEGMENTS} == {}
    short = texts(**SHORT)
    assert {name: left for name, text in short.items() if (left := untranslated(text))} == {}


def texts(**values: str) -> dict[str, str]:
    """All texts, also those with a code."""
    notices = {name: render(f"messages/sms/{name}.txt", **values) for name in TEXTS}
    codes = {each: render("messages/sms/code.txt", purpose=each, **values) for each in PURPOSES}
    return notices | codes
