"""Emails are complete. Texts fit into one segment and end as browsers expect (OT-10)."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from mfa.messages.alerts import Alert
from mfa.messages.changes import MESSAGE
from mfa.messages.notices import NOTICES
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.portal_client import Browser

TEMPLATES = Path(settings.BASE_DIR) / "templates"
MAILS = sorted(path.name for path in (TEMPLATES / "emails").iterdir() if path.is_dir())
TEXTS = sorted(path.stem for path in (TEMPLATES / "messages/sms").iterdir())
# Emails without an event, because they contain or replace a link
LINKS = {
    "password_link",
    "pass_asked",
    "recovery_email_link",
    "email_link",
    "email_taken",
    "invitation",
    "registration",
    "reminder",
}
SEGMENT = 160
# GSM 03.38, basic table. Characters of the extension table cost two and are not used.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
LONGEST = {
    "portal_name": "The Longest Name of Any Portal",
    "host": "login.portal.a-very-long-name.example.org"[:40],
    "base_url": "https://login.portal.a-very-long-name.example.org"[:48],
    "contact": "the help desk, 020 7946 0000, or in person at the front desk of the main building",
    "code": "123456",
    "minutes": 10,
    "old_ending": "01",
    "new_ending": "02",
    "ending": "02",
    "reason": "lost phone",
    "factor": "number ending 02",
    "left": 3,
    "codes": 5,
    "hours": 12,
    "days": 14,
    "until": "2026-12-31T12:30:00+00:00",
    "address": "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "browser": "Mozilla/5.0 (X11; Linux x86_64)",
}
# The email to register is its own, and nothing is texted.
PURPOSES = [each for each in Purpose if each is not Purpose.REGISTER]


def render(name: str, **more: object) -> str:
    user = User(email="alice@example.org", full_name="Alice")
    return render_to_string(name, {**LONGEST, "user": user, "at": timezone.now(), **more}).strip()


@cache
def all_texts() -> tuple[str, ...]:
    notices = [render(f"messages/sms/{name}.txt") for name in TEXTS if name != "code"]
    codes = [render("messages/sms/code.txt", purpose=purpose) for purpose in PURPOSES]
    return (*notices, *codes)


@cache
def subjects() -> dict[tuple[str, str], str]:
    """Return every email's subject, for each purpose of a code."""
    return {
        (name, purpose): render(f"emails/{name}/subject.txt", purpose=purpose)
        for name in MAILS
        for purpose in PURPOSES
    }


def wicg(text: str) -> tuple[str, str] | None:
    """Parse host and code from the last line, with the specification's algorithm.

    WICG, Origin-bound one-time codes delivered via SMS, section 4.
    """
    found = re.fullmatch(r"@([^\s#@%/]+) #([^\s%#]+)(?: .*)?", text.rsplit("\n", maxsplit=1)[-1])
    return (found[1], found[2]) if found else None


def test_mail_has_subject_text_and_page() -> None:
    files = {
        name: {path.name for path in (TEMPLATES / "emails" / name).iterdir()} for name in MAILS
    }
    assert files == {name: {"subject.txt", "body.txt", "body.html"} for name in MAILS}


def test_every_notice_has_its_message() -> None:
    told = [notice for notices in NOTICES.values() for notice in notices]
    mails = {notice.message for notice in told if notice.channel is ChannelName.EMAIL}
    texts = {notice.message for notice in told if notice.channel is ChannelName.SMS}
    assert mails | {"code", "mail_test", MESSAGE, *LINKS} | set(Alert) == set(MAILS)
    assert texts | {"code"} == set(TEXTS)


def test_subject_is_one_line_and_begins_with_portal() -> None:
    """WB-04, and without a code, because locked phones show subjects."""
    portal, code = LONGEST["portal_name"], LONGEST["code"]
    assert [
        (which, subject)
        for which, subject in subjects().items()
        if not subject.startswith(portal) or "\n" in subject or code in subject
    ] == []


# An unconfirmed address learns nothing about accounts.
UNCONFIRMED = {"code", "email_link", "recovery_email_link", "invitation", "registration"}
TELLING = [name for name in MAILS if name not in UNCONFIRMED]


def test_notice_has_time_and_contact_but_no_code() -> None:
    """NT-03."""
    parts = [f"emails/{name}/{part}" for name in TELLING for part in ("body.txt", "body.html")]
    bodies = {part: render(part) for part in parts}
    wanted = ("alice@example.org", LONGEST["contact"])
    assert [(part, say) for part, body in bodies.items() for say in wanted if say not in body] == []
    assert [part for part, body in bodies.items() if LONGEST["code"] in body] == []


def test_code_mail_ends_like_text() -> None:
    ends = {purpose: wicg(render("emails/code/body.txt", purpose=purpose)) for purpose in PURPOSES}
    assert ends == dict.fromkeys(PURPOSES, (LONGEST["host"], LONGEST["code"]))


def test_longest_text_fits_one_segment() -> None:
    """OT-10: 160 characters of GSM 03.38."""
    assert [text for text in all_texts() if set(text) - GSM or len(text) > SEGMENT] == []


def test_only_texts_of_a_lost_phone_have_a_link() -> None:
    """Issue 15: each notice has the link that stops the request. It needs two segments."""
    address = "https://portal.example/recover/stop/1/1vx1wO." + "x" * 43
    with_link = {
        name: render(f"messages/sms/{name}.txt", address_of_link=address)
        for name in TEXTS
        if name != "code"
    }
    found = {name for name, text in with_link.items() if address in text}
    states = ("ready", "shortened", "started", "waiting")
    assert found == {f"recovery_{state}" for state in states}
    assert [name for name in found if len(with_link[name]) > 2 * SEGMENT] == []


def test_text_begins_with_portals_name_and_has_no_link() -> None:
    """OT-10."""
    portal, link = LONGEST["portal_name"], re.compile(r"https?:|www\.|alice|Alice")
    assert [t for t in all_texts() if not t.startswith(portal) or link.search(t)] == []


def test_last_line_of_text_binds_code_to_host() -> None:
    """OT-10: one space, nothing before the at sign."""
    texts = {purpose: render("messages/sms/code.txt", purpose=purpose) for purpose in PURPOSES}
    bound = {purpose: (wicg(text), text.split("\n")[-2]) for purpose, text in texts.items()}
    assert bound == dict.fromkeys(PURPOSES, ((LONGEST["host"], LONGEST["code"]), ""))


def test_texts_of_purposes_differ() -> None:
    """So that nobody reads a set-up code to a caller who asks for a login code."""
    texts = {render("messages/sms/code.txt", purpose=purpose) for purpose in PURPOSES}
    assert len(texts) == len(PURPOSES)


def test_sent_text_names_configured_host(browser: Browser, alice: User) -> None:
    """OT-10: the host of BASE_URL, whatever the request's."""
    from mfa.models import OutboxMessage

    browser.post(
        "/login/",
        {"email": alice.email, "password": "correct horse battery staple"},
        headers={"host": "localhost"},
    )
    host, code = wicg(OutboxMessage.objects.get().body)
    assert host == "testserver"
    assert re.fullmatch(r"\d{6}", code)


def test_one_minute_is_singular() -> None:
    assert "1 minute." in render("messages/sms/code.txt", purpose="login", minutes=1)
