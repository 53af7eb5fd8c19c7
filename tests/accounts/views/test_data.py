"""The download of a person's own data: who gets it, and what is never in it."""

import json
import re
import tracemalloc
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.people import my_data
from mfa import audit
from mfa.client import Client
from mfa.models import AuditEvent, Delivery, Event, Factor, OutboxMessage, RecoveryCode
from mfa.session_engine import Session
from tests.authenticator import give_app
from tests.conftest import give_codes
from tests.portal_client import PASSWORD, Browser, codes

HERE = "/me/data/"
NUMBER = "+447700900201"


def downloaded(browser: Browser) -> str:
    answer = browser.post(HERE)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert "no-store" in answer["Cache-Control"]
    return answer.getvalue().decode()


def test_my_details_link_to_download_of_all_data(home: Browser, alice: User) -> None:
    assert f'href="{HERE}"' in home.get("/me/").content.decode()
    assert "It doesn't contain passwords, codes or secrets." in home.get(HERE).content.decode()
    data = json.loads(downloaded(home))
    assert list(data) == [
        "about",
        "person",
        "recognized_devices",
        "factors",
        "sessions",
        "trusted_browsers",
        "pauses",
        "lost_phones",
        "activity",
        "messages",
    ]
    assert (data["person"]["email"], data["person"]["full_name"]) == (alice.email, "Alice")
    assert data["recognized_devices"]["this_browser"] is True
    [phone] = data["factors"]
    assert (phone["kind"], phone["number_ending"], phone["status"]) == ("phone", "01", "active")
    assert [session["level"] for session in data["sessions"]] == [2]
    assert [event["event"] for event in data["activity"]] == [
        event.event for event in audit.events_of(alice)
    ]
    assert {(each["message"], each["to"]) for each in data["messages"]} >= {
        ("code", "number ending 01"),
        ("data_downloaded", "a…@example.org"),
    }


def test_download_needs_a_fresh_proof_and_is_notified(
    clock: time_machine.Traveller, home: Browser, alice: User
) -> None:
    """A stolen session is not enough."""
    clock.shift(timedelta(minutes=11))
    assert home.post(HERE).url.startswith("/me/confirm/")
    assert home.get(HERE).url.startswith("/me/confirm/")
    assert not AuditEvent.objects.filter(event=Event.DATA_DOWNLOADED).exists()
    clock.shift(timedelta(minutes=-11))
    downloaded(home)
    mail = OutboxMessage.objects.filter(target=alice.email).latest("pk")
    assert "downloaded your data" in mail.body
    assert "/me/not-me/" in mail.body


def test_fourth_download_in_hour_is_refused(clock: time_machine.Traveller, home: Browser) -> None:
    for _ in range(3):
        downloaded(home)
    answer = home.post(HERE)
    assert answer.status_code == 429
    assert "Try again after" in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
    assert AuditEvent.objects.filter(event=Event.DATA_DOWNLOADED).count() == 3


def secrets_of(alice: User, home: Browser) -> dict[str, str]:
    """Everything about her that opens something, by what it is."""
    links = re.findall(
        r"testserver(/\S+/)", "\n".join(OutboxMessage.objects.values_list("body", flat=True))
    )
    rows = Factor.objects.filter(user=alice).exclude(secret="")
    digests = RecoveryCode.objects.values_list("digest", flat=True)
    return {
        "password": PASSWORD,
        "hash": alice.password,
        "number": NUMBER,
        "its digits": "7700900201",
        "session": home.cookies["session"].value,
        "id of the session": Session.objects.get(user=alice).public_id,
        **{f"code {each}": each for each in codes(NUMBER)},
        **{f"link {each}": each for each in links},
        **{f"secret of a {each.kind}": each.secret for each in rows},
        **{f"digest {each}": each for each in digests},
        **{f"receipt {each}": str(each) for each in Delivery.objects.values_list("receipt_id")},
    }


def test_no_secret_is_in_the_file(home: Browser, alice: User) -> None:
    given = give_codes(alice)
    home.log_in(alice)
    give_app(alice)
    home.post("/password/forgot/", {"email": alice.email})
    home.post("/me/email/", {"email": "alice@new.example"})
    alice.refresh_from_db()
    text = downloaded(home)
    known = secrets_of(alice, home) | {f"recovery code {each}": each for each in given}
    assert [what for what, value in known.items() if value in text] == []
    assert {each["kind"] for each in json.loads(text)["factors"]} == {
        "phone",
        "app",
        "recovery_codes",
    }


def test_file_contains_nothing_of_other_people(
    home: Browser, other_browser: Browser, alice: User, charlie: User, root: User
) -> None:
    """Neither of a person with the same number, nor of staff who acted."""
    Factor.objects.filter(user=charlie).update(target=NUMBER)
    other_browser.log_in(charlie)
    office = Client("203.0.113.77", "Root's own browser")
    for event in (Event.PAUSED, Event.FACTORS_RESET, Event.PASSWORD_EXPIRED):
        audit.record(
            event,
            alice,
            client=office,
            by=root.pk,
            reason="Charlie said so",
            identified="manager",
            details="Charlie",
        )
    text = downloaded(home)
    theirs = ("Charlie", charlie.email, root.email, office.address, office.browser, "said so")
    assert [value for value in theirs if value in text] == []
    by_staff = [event for event in json.loads(text)["activity"] if event["by_staff"]]
    assert [(each["address"], each["browser"]) for each in by_staff] == [(None, "")] * 3
    events = AuditEvent.objects.filter(user=alice)
    assert len(json.loads(text)["activity"]) == events.count()


def test_many_events_are_read_in_pages_with_constant_memory(
    home: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same moment on both sides of a border, and each row once."""
    monkeypatch.setattr(my_data, "AT_ONCE", 20)
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(at=now - timedelta(seconds=number // 50), event=Event.LOGGED_IN, user=alice)
        for number in range(2000)
    )
    # The first export imports modules and fills caches, which is not its memory.
    data = json.loads("".join(my_data.written(alice, recognized=False)))
    tracemalloc.start()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        size = sum(map(len, my_data.written(alice, recognized=False)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 250_000
    assert peak < size
    assert len(queries) < 120
    assert len(data["activity"]) == AuditEvent.objects.filter(user=alice).count()
    assert data["activity"] == sorted(data["activity"], key=lambda each: each["at"], reverse=True)
