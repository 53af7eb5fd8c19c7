"""The admin's lists: one search for all, words for every key, and no count over a table."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mfa.models import AuditEvent, Challenge, Delivery, Event
from mfa.models.message_words import MESSAGES
from mfa.rules import base32
from tests.conftest import NOON, give_phone, make_user
from tests.portal_client import Browser

LISTS = (
    "/admin/accounts/user/",
    *(f"/admin/mfa/{name}/" for name in ("factor", "challenge", "delivery", "auditevent")),
)


@pytest.fixture
def support(browser: Browser, alice: User, charlie: User) -> Browser:
    """Sam of Support. Alice and Charlie have logged in."""
    Browser().log_in(alice)
    Browser().log_in(charlie)
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    return browser


def people_in(browser: Browser, page: str, **query: object) -> set[str]:
    rows = browser.get(page, query).context["cl"].result_list
    return {str(getattr(row, "user", row)) for row in rows}


def test_every_list_finds_the_same_person_in_each_way(support: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(full_name="Alice O'Neill-Smith")
    event = AuditEvent.objects.filter(user=alice).latest("pk")
    terms = ("ALICE@example", "smith", "neill alice", "0201", "+447700900201")
    terms += (base32.reference_to(event.pk),)
    found = {(page, term): people_in(support, page, q=term) for page in LISTS for term in terms}
    assert {key: who for key, who in found.items() if who != {alice.email}} == {}


def test_search_with_two_characters_finds_nobody_and_explains_why(support: Browser) -> None:
    for page in LISTS:
        answer = support.get(page, {"q": "al"})
        assert answer.context["cl"].result_list == []
        assert "Type at least three characters." in answer.text


def test_history_is_the_persons_audit(support: Browser, alice: User) -> None:
    factor = alice.factors.get()
    paths = (f"/admin/accounts/user/{alice.pk}", f"/admin/mfa/factor/{factor.pk}")
    for path in paths:
        answer = support.get(f"{path}/history/")
        assert answer.url == f"/admin/mfa/auditevent/?person={alice.pk}"
    assert people_in(support, "/admin/mfa/auditevent/", person=alice.pk) == {alice.email}
    assert support.get("/admin/mfa/auditevent/", {"person": "x"}).status_code == 400


def test_lists_and_filters_show_no_key(support: Browser, alice: User) -> None:
    Delivery.objects.filter(user=alice).update(message="recovery_codes_made", state="failed")
    AuditEvent.objects.create(at=NOON, event=Event.CODES_GUESSED, user=alice)
    for page in LISTS:
        words = support.get(page).text
        keys = ("recovery_codes_made<", "codes_guessed<", ">sms<", ">step_up<", "by sms")
        assert [key for key in keys if key in words] == []
    assert "New recovery codes: Text, number ending 01" in support.get("/admin/mfa/delivery/").text


def test_every_message_has_words() -> None:
    templates = Path(settings.BASE_DIR, "templates")
    emails = {path.parent.name for path in templates.glob("emails/*/subject.txt")}
    texts = {path.stem for path in templates.glob("messages/sms/*.txt")}
    assert emails | texts == set(MESSAGES)


def test_lists_read_one_row_more_and_count_nothing(support: Browser, alice: User) -> None:
    many = [AuditEvent(at=NOON, event=Event.CODE_SENT, user=alice) for _ in range(60)]
    AuditEvent.objects.bulk_create(many)
    with CaptureQueriesContext(connection) as seen:
        pages = [support.get(page, query) for page in LISTS for query in ({}, {"q": "alice"})]
    assert [each["sql"] for each in seen if "SELECT COUNT" in each["sql"]] == []
    assert {page.status_code for page in pages} == {200}
    first = support.get("/admin/mfa/auditevent/", {"event": "code_sent"})
    assert len(first.context["cl"].result_list) == 50
    assert '<a href="?event=code_sent&amp;p=2" rel="next">Show more</a>' in first.text
    second = support.get("/admin/mfa/auditevent/", {"event": "code_sent", "p": 2})
    assert len(second.context["cl"].result_list) >= 10
    assert "Previous page" in second.text
    assert "Show more" not in second.text


def test_filters_search_and_order_by_an_index(support: Browser, alice: User) -> None:
    """The planner may read a small table whole, so sequential scans cost it much here."""
    queries = {
        "audit_event": AuditEvent.objects.filter(event="locked").order_by("-pk"),
        "delivery_state": Delivery.objects.filter(state="failed").order_by("-pk"),
        "delivery_message": Delivery.objects.filter(message="code").order_by("-pk"),
        "delivery_provider_id": Delivery.objects.filter(provider_id="SM1").exclude(provider_id=""),
        "challenge_created": Challenge.objects.order_by("-created_at"),
        "challenge_purpose": Challenge.objects.filter(purpose="login").order_by("-created_at"),
        "user_staff": User.objects.filter(is_staff=True).order_by("email"),
    }
    if connection.vendor == "postgresql":
        queries["user_words"] = User.objects.filter(full_name__icontains="smith")
        with connection.cursor() as cursor:
            for off in ("seqscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{off} = off")
    plans = {name: rows[:51].explain() for name, rows in queries.items()}
    assert {name: plan for name, plan in plans.items() if name not in plan} == {}
