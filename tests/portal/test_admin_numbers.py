"""Staff find people by phone number: the whole number, or exactly its last four digits."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import User
from mfa.models import Delivery, Factor
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

USERS = "/admin/accounts/user/"
LISTS = [
    USERS,
    *(f"/admin/mfa/{name}/" for name in ("factor", "delivery", "auditevent", "challenge")),
]


@pytest.fixture
def support(browser: Browser, alice: User, charlie: User) -> Browser:
    """Sam of Support. Alice's number is +447700900201, and she has logged in."""
    Browser().log_in(alice)
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    return browser


def found(browser: Browser, term: str, page: str = USERS) -> set[str]:
    """The emails of the rows that a search shows."""
    rows = browser.get(page, {"q": term}).context["cl"].result_list
    return {str(getattr(row, "user", row)) for row in rows}


SPELLINGS = (
    *("+447700900201", "+44 7700 900201", "07700 900201", "(+44) 7700-900.201"),
    *("00447700900201", "0201", " 0201 ", "\u0660\u0662\u0660\u0661"),
)


def test_number_is_found_whole_or_by_its_last_four_digits(support: Browser) -> None:
    asked = [(term, page) for term in SPELLINGS for page in LISTS]
    shown = {each: found(support, *each) for each in asked}
    assert {each: who for each, who in shown.items() if who != {"alice@example.org"}} == {}


@pytest.mark.parametrize("page", LISTS)
def test_other_lengths_find_nobody(support: Browser, page: str) -> None:
    """Other lengths would reveal a number digit by digit."""
    whole = "+447700900201"
    tails = {whole[-length:] for length in range(2, 13)} - {"0201", "7700900201", whole[1:]}
    starts = {whole[:length] for length in range(2, 13)}
    inner = {"9002", "0020", "7700", "02 01", "+0201", "0201*", "%0201", "_201", "020", "20201"}
    assert {term for term in tails | starts | inner if found(support, term, page)} == set()


def test_four_digits_find_names_and_numbers(support: Browser) -> None:
    dora = make_user("dora@example.org", username="team0201")
    erin = make_user("erin@example.org")
    give_phone(erin, "+447946000201")
    assert found(support, "0201") == {"alice@example.org", str(dora), str(erin)}


def test_message_is_found_by_its_whole_id(support: Browser, alice: User) -> None:
    message = Delivery.objects.filter(user=alice).latest("pk").provider_id
    page = "/admin/mfa/delivery/"
    assert found(support, message, page) == {"alice@example.org"}
    assert found(support, message[:-1], page) == set()
    assert found(support, message[-4:], page) == set()


def test_former_number_finds_nobody(support: Browser, alice: User) -> None:
    Factor.objects.filter(user=alice).update(status="revoked")
    assert found(support, "0201") == set()
    assert found(support, "+447700900201") == set()


def test_sixty_first_search_in_hour_is_refused(
    clock: time_machine.Traveller, support: Browser
) -> None:
    """In any list, and with any result."""
    for number in range(60):
        assert support.get(LISTS[number % 5], {"q": f"{number:04}"}).status_code == 200
    answer = support.get(USERS, {"q": "0201"})
    assert answer.status_code == 429
    assert "alice@example.org" not in answer.text
    assert support.get(LISTS[1], {"q": "+447700900201"}).status_code == 429
    assert found(support, "alice") == {"alice@example.org"}
    clock.shift(timedelta(hours=2))
    support.post("/logout/")
    support.log_in(User.objects.get(email="sam@example.org"))
    assert found(support, "0201") == {"alice@example.org"}


def test_search_with_action_counts_once(support: Browser, root: User) -> None:
    """An action on a searched list asks for the rows several times."""
    office = Browser()
    office.log_in(root)
    form = {"action": "end_sessions", "_selected_action": root.pk, "post": "yes"}
    for _ in range(20):
        office.post(f"{USERS}?q=0201", form)
    assert office.get(USERS, {"q": "0201"}).status_code == 200


def test_search_reads_index(support: Browser, alice: User) -> None:
    now = timezone.now()
    many = [f"+4479460{number:05}" for number in range(1000)]
    Factor.objects.bulk_create(Factor(user=alice, target=each, confirmed_at=now) for each in many)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mfa_factor")
    current = Factor.objects.not_revoked().exclude(target="")
    assert "factor_last_four" in current.filter(last_four="0201").explain()
