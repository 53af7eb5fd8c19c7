"""Staff find people by a phone number: whole, or by exactly its last four digits."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import User
from mfa.models import Factor
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

USERS = "/admin/accounts/user/"
LISTS = [USERS, "/admin/mfa/factor/", "/admin/mfa/delivery/", "/admin/mfa/auditevent/"]


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


@pytest.mark.parametrize("page", LISTS)
@pytest.mark.parametrize(
    "term",
    [
        *("+447700900201", "+44 7700 900201", "07700 900201", "(+44) 7700-900.201"),
        *("00447700900201", "0201", " 0201 ", "\u0660\u0662\u0660\u0661"),
    ],
)
def test_a_number_is_found_whole_or_by_its_last_four_digits(
    support: Browser, page: str, term: str
) -> None:
    assert found(support, term, page) == {"alice@example.org"}


@pytest.mark.parametrize("page", LISTS)
def test_no_other_length_finds_anybody(support: Browser, page: str) -> None:
    """A free tail would be answered digit by digit."""
    whole = "+447700900201"
    tails = {whole[-length:] for length in range(2, 13)} - {"0201", "7700900201", whole[1:]}
    starts = {whole[:length] for length in range(2, 13)}
    inner = {"9002", "0020", "7700", "02 01", "+0201", "0201*", "%0201", "_201", "020", "20201"}
    assert {term for term in tails | starts | inner if found(support, term, page)} == set()


def test_four_digits_find_names_and_everybody_with_them(support: Browser) -> None:
    dora = make_user("dora@example.org", username="team0201")
    erin = make_user("erin@example.org")
    give_phone(erin, "+447946000201")
    assert found(support, "0201") == {"alice@example.org", str(dora), str(erin)}


def test_a_former_number_finds_nobody(support: Browser, alice: User) -> None:
    Factor.objects.filter(user=alice).update(revoked_at=timezone.now())
    assert found(support, "0201") == set()
    assert found(support, "+447700900201") == set()


def test_the_sixty_first_search_in_an_hour_is_refused(
    clock: time_machine.Traveller, support: Browser
) -> None:
    """Whichever list is asked, and whatever is found."""
    for number in range(60):
        assert support.get(LISTS[number % 4], {"q": f"{number:04}"}).status_code == 200
    answer = support.get(USERS, {"q": "0201"})
    assert answer.status_code == 429
    assert "alice@example.org" not in answer.text
    assert support.get(LISTS[1], {"q": "+447700900201"}).status_code == 429
    assert found(support, "alice") == {"alice@example.org"}
    clock.shift(timedelta(hours=2))
    support.post("/logout/")
    support.log_in(User.objects.get(email="sam@example.org"))
    assert found(support, "0201") == {"alice@example.org"}


def test_a_search_is_counted_once_with_its_action(support: Browser, root: User) -> None:
    """An action on a searched list asks for the rows several times."""
    office = Browser()
    office.log_in(root)
    form = {"action": "end_sessions", "_selected_action": root.pk}
    for _ in range(20):
        office.post(f"{USERS}?q=0201", form)
    assert office.get(USERS, {"q": "0201"}).status_code == 200


def test_the_search_reads_an_index(support: Browser, alice: User) -> None:
    now = timezone.now()
    many = [f"+4479460{number:05}" for number in range(1000)]
    Factor.objects.bulk_create(Factor(user=alice, target=each, confirmed_at=now) for each in many)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mfa_factor")
    current = Factor.objects.filter(revoked_at=None).exclude(target="")
    assert "factor_last_four" in current.filter(last_four="0201").explain()
