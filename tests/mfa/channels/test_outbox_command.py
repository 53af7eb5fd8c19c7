"""`manage.py outbox`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mfa.channels.outbox import keep
from mfa.management.commands import outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def messages() -> None:
    keep("sms", "+447700900123", body="first 111111")
    keep("email", "a@example.org", subject="Hello", body="second 222222")
    keep("sms", "+447700900123", body="third 333333")


def printed(*options: str) -> str:
    out = StringIO()
    call_command("outbox", *options, stdout=out)
    return out.getvalue()


def bodies(*options: str) -> list[str]:
    return [message["body"] for message in json.loads(printed("--json", *options))]


def test_empty_setting_is_an_empty_list() -> None:
    assert printed("--json") == "[]\n"
    assert printed() == ""


@pytest.mark.usefixtures("messages")
def test_newest_message_comes_first() -> None:
    assert bodies() == ["third 333333", "second 222222", "first 111111"]


@pytest.mark.usefixtures("messages")
def test_limit_keeps_newest_messages() -> None:
    assert bodies("--limit", "1") == ["third 333333"]


@pytest.mark.usefixtures("messages")
def test_one_target_in_any_case() -> None:
    assert bodies("--to", "A@example.org") == ["second 222222"]


@pytest.mark.usefixtures("messages")
def test_record_has_time_channel_and_target() -> None:
    record = json.loads(printed("--json", "--to", "a@example.org"))[0]
    assert record.keys() == {"at", "channel", "to", "subject", "body"}
    assert (record["channel"], record["subject"]) == ("email", "Hello")


@pytest.mark.usefixtures("messages")
def test_reason_is_shown_to_people() -> None:
    said = printed("--limit", "2")
    assert "sms to +447700900123\nthird 333333\n" in said
    assert "email to a@example.org\nHello\nsecond 222222\n" in said


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_wrong_limit_is_refused(limit: str) -> None:
    with pytest.raises(CommandError):
        printed("--limit", limit)


@pytest.mark.usefixtures("messages")
@pytest.mark.parametrize("options", [("--json",), ()])
def test_followed_messages_come_in_their_order(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    later = iter([lambda: keep("sms", "+447700900123", body="fourth 444444")])

    def pause(_seconds: float) -> None:
        try:
            next(later)()
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(outbox, "sleep", pause)
    said = printed("--follow", "--limit", "2", *options)
    places = [said.find(word) for word in ("first", "second", "third", "fourth")]
    assert places[0] == -1
    assert 0 < places[1] < places[2] < places[3]
    assert said.count("fourth") == 1
