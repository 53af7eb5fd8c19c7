"""Mails are complete; texts fit one segment and end as browsers expect (OT-10)."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from mfa.alerts import Alert
from mfa.changes import MESSAGE
from mfa.models import Purpose
from mfa.notices import NOTICES
from mfa.rules.routes import ChannelName
from tests.portal_client import Browser

TEMPLATES = Path(settings.BASE_DIR) / "templates"
MAILS = sorted(path.name for path in (TEMPLATES / "emails").iterdir() if path.is_dir())
TEXTS = sorted(path.stem for path in (TEMPLATES / "messages/sms").iterdir())
# Mails that are told by no event, because they carry or stand for a link
LINKS = {"password_link", "email_link", "email_taken"}
SEGMENT = 160
# GSM 03.38, basic table; what stands in its extension table costs two and is not used.
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
    "address": "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "browser": "Mozilla/5.0 (X11; Linux x86_64)",
}
PURPOSES = [*Purpose.values]


def render(name: str, **more: object) -> str:
    user = User(email="alice@example.org", full_name="Alice")
    return render_to_string(name, {**LONGEST, "user": user, "at": timezone.now(), **more}).strip()


def all_texts() -> list[str]:
    notices = [render(f"messages/sms/{name}.txt") for name in TEXTS if name != "code"]
    return notices + [render("messages/sms/code.txt", purpose=purpose) for purpose in PURPOSES]


def wicg(text: str) -> tuple[str, str] | None:
    """The host and the code, as the specification's algorithm reads the last line.

    WICG, Origin-bound one-time codes delivered via SMS, section 4.
    """
    found = re.fullmatch(r"@([^\s#@%/]+) #([^\s%#]+)(?: .*)?", text.rsplit("\n", maxsplit=1)[-1])
    return (found[1], found[2]) if found else None


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_has_a_subject_a_text_and_a_page(name: str) -> None:
    files = {path.name for path in (TEMPLATES / "emails" / name).iterdir()}
    assert files == {"subject.txt", "body.txt", "body.html"}


def test_every_notice_has_its_message() -> None:
    told = [notice for notices in NOTICES.values() for notice in notices]
    mails = {notice.message for notice in told if notice.channel is ChannelName.EMAIL}
    texts = {notice.message for notice in told if notice.channel is ChannelName.SMS}
    assert mails | {"code", "mail_test", MESSAGE, *LINKS} | set(Alert) == set(MAILS)
    assert texts | {"code"} == set(TEXTS)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("name", MAILS)
def test_a_subject_is_one_line_and_begins_with_the_portal(name: str, purpose: str) -> None:
    """WB-04, and no code: locked phones show subjects."""
    subject = render(f"emails/{name}/subject.txt", purpose=purpose)
    assert subject.startswith(LONGEST["portal_name"])
    assert "\n" not in subject
    assert LONGEST["code"] not in subject


# A mailbox that nobody has proven yet learns of no account.
TELLING = [name for name in MAILS if name not in {"code", "email_link"}]


@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("part", ["body.txt", "body.html"])
def test_a_notice_says_when_and_whom_to_ask_and_no_code(name: str, part: str) -> None:
    """NT-03."""
    body = render(f"emails/{name}/{part}")
    assert "alice@example.org" in body
    assert LONGEST["contact"] in body
    assert LONGEST["code"] not in body


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_mail_with_the_code_ends_as_the_text_does(purpose: str) -> None:
    assert wicg(render("emails/code/body.txt", purpose=purpose)) == (
        LONGEST["host"],
        LONGEST["code"],
    )


@pytest.mark.parametrize("text", all_texts())
def test_a_text_is_one_segment_in_the_longest_case(text: str) -> None:
    """OT-10: 160 characters of GSM 03.38."""
    assert set(text) <= GSM
    assert len(text) <= SEGMENT


@pytest.mark.parametrize("text", all_texts())
def test_a_text_begins_with_the_portals_name_and_has_no_link(text: str) -> None:
    """OT-10."""
    assert text.startswith(LONGEST["portal_name"])
    assert not re.search(r"https?:|www\.|alice|Alice", text)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_last_line_binds_the_code_to_the_host(purpose: str) -> None:
    """OT-10: one space, nothing before the at sign."""
    text = render("messages/sms/code.txt", purpose=purpose)
    assert wicg(text) == (LONGEST["host"], LONGEST["code"])
    assert text.split("\n")[-2] == ""


def test_the_purposes_are_told_apart() -> None:
    """Nobody reads a set-up code to a caller who asks for a sign-in code."""
    texts = {render("messages/sms/code.txt", purpose=purpose) for purpose in PURPOSES}
    assert len(texts) == len(PURPOSES)


def test_what_was_really_sent_names_the_sites_own_host(browser: Browser, alice: User) -> None:
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


def test_one_minute_is_one_minute() -> None:
    assert "1 minute." in render("messages/sms/code.txt", purpose="login", minutes=1)
