"""Typed text: one plain line, without links in our emails (S20)."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils.html import urlize

from accounts.models import User
from mfa import pauses
from mfa.models import Factor, OutboxMessage, Pause, SitePolicy, plain_text
from tests.portal_client import Browser

LINKS = [
    "https://evil.example/x",
    "HTTP://EVIL.EXAMPLE",
    "www.evil.example",
    "www.1evil.com",
    "evil.example",
    "1.evil.example/x?y=1",
    "https://192.0.2.1/x",
    "ftp://evil.example:21/x",
    "mailto:eve@evil.example",
    "eve@evil.example",
    "eve.x@evil.example",
    "tel:+447700900000",
    "javascript:alert(1)",
    "evil。example",
    "bücher.example",
    r"\\evil\share",
]
# What email programs look for, more greedily than any of them
LINK = re.compile(
    r"[a-z][a-z0-9+.-]*:(?=\S)|www\.\S|\S@\S|[^\W_][.\u3002\uff0e\uff61](?=[^\W\d])|\\\\\w",
    re.IGNORECASE,
)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("around", ["{}", "see {}, now", "({})", "x.{}", "http:{}"])
def test_links_are_broken_up(link: str, around: str) -> None:
    said = plain_text.unlinked(around.format(link))
    assert not LINK.search(said)
    assert "<a" not in urlize(said)
    assert re.sub(r"\s", "", said) == re.sub(r"\s", "", around.format(link))


@pytest.mark.parametrize(
    "text",
    [
        "lost phone",
        "the help desk, 020 7946 0000",
        "Mon.-Fri., 9:30 to 17.30",
        "Release 2.10: new phones.",
        "Costs 4.50. Ticket #1234",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert plain_text.unlinked(text) == text
    plain_text.check(text)


@pytest.mark.parametrize("sign", [*"\n\r\t\0\x1b\x7f\x85", "\u2028", "\u2029", "\u202e", "\u2066"])
def test_line_breaks_and_invisible_characters_are_refused(sign: str) -> None:
    with pytest.raises(ValidationError):
        plain_text.check(f"lost{sign}phone")


@pytest.mark.parametrize(
    ("model", "field"),
    [(Pause, "reason"), (SitePolicy, "contact"), (Factor, "name"), (User, "full_name")],
)
def test_columns_of_typed_text_refuse_invalid_text(model: type, field: str) -> None:
    column = model._meta.get_field(field)
    with pytest.raises(ValidationError):
        column.clean("a\r\nBcc: b", None)
    with pytest.raises(ValidationError):
        column.clean("x" * (column.max_length + 1), None)


BAD = ["lost\r\nBcc: eve", "lost\x1bphone", "x" * 201]


@pytest.mark.parametrize("reason", BAD)
def test_support_forms_refuse_invalid_text(office: Browser, alice: User, reason: str) -> None:
    form = {"reason": reason, "hours": "24", "phone": "+44 7700 900250"}
    for page in ("/support/people/%s/pause/", "/support/people/%s/number/"):
        assert office.post(page % alice.pk, form).status_code == 200
    assert not Pause.objects.exists()
    assert alice.factors.usable().get().target == "+447700900201"


@pytest.mark.parametrize("reason", BAD)
@pytest.mark.parametrize(
    "command", [["breakglass", "alice@example.org"], ["staff_mfa", "off"]], ids=" ".join
)
def test_commands_refuse_invalid_text(alice: User, command: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match="plain text on one line"):
        call_command(*command, "--reason", reason)


def mails(body: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(body__icontains=body))


def test_reason_and_contact_have_no_links_in_emails(
    alice: User, root: User, policy: SitePolicy
) -> None:
    """Both parts of the email, and the text message."""
    policy.contact = "help.evil.example or eve@evil.example"
    policy.save()
    with TestCase.captureOnCommitCallbacks(execute=True):
        pauses.start(alice, reason="see https://evil.example/login", hours=1, by=root)
    told = OutboxMessage.objects.all()
    assert told.count() == 2
    body = told.get(channel="email").body
    assert "see https: //evil. example/login" in body
    assert "help. evil. example or eve @ evil. example" in body
    assert not any("evil.example" in message.body for message in told)


def test_names_of_apps_and_groups_have_no_links_in_emails(
    office: Browser, alice: User, root: User
) -> None:
    group = Group.objects.create(name="https://evil.example")
    form = {"full_name": "", "language": "en", "is_active": "on", "groups": group.pk}
    office.post(f"/admin/accounts/user/{alice.pk}/change/", form)
    told = mails("evil")
    assert told
    assert not any("evil.example" in mail.body for mail in told)
