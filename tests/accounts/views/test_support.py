"""Four support cases, each answered from one search and one page; and who may open the pages."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from mfa import pauses
from mfa.models import AuditEvent, Delivery, Event, Factor, OutboxMessage, Session
from tests.conftest import give_codes, give_phone, make_user
from tests.portal_client import Browser, code

RESET = {"reason": "lost phone", "identified": "in_person"}


@pytest.fixture
def sam(policy: object) -> User:
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    return sam


@pytest.fixture
def support(browser: Browser, sam: User) -> Browser:
    browser.log_in(sam)
    return browser


def page_of(user: User) -> str:
    return f"/support/people/{user.pk}/"


def looked_up(support: Browser, term: str, user: User) -> str:
    """The text of the person's page, which the search links to."""
    found = support.get("/support/", {"q": term}).content.decode()
    assert page_of(user) in found
    return support.get(page_of(user)).content.decode()


@pytest.mark.parametrize("term", ["alice@example.org", "Alice", "0201", "07700 900201"])
def test_search_finds_person_by_each_term(
    support: Browser, alice: User, charlie: User, term: str
) -> None:
    found = support.get("/support/", {"q": term}).content.decode()
    assert page_of(alice) in found
    assert page_of(charlie) not in found


def test_reference_code_finds_person_of_the_case(
    support: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    """Read out by the caller, in any case and with or without the hyphen."""
    other_browser.password(alice)
    page = other_browser.get("/login/help/").content.decode()
    reference = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", page)[0]
    for spelled in (reference, reference.lower(), reference.replace("-", " ")):
        found = support.get("/support/", {"q": spelled}).content.decode()
        assert page_of(alice) in found
        assert page_of(charlie) not in found
    misheard = reference[:-1] + ("0" if reference[-1] != "0" else "1")
    assert page_of(alice) not in support.get("/support/", {"q": misheard}).content.decode()


def test_errors_of_forms_are_in_plain_words(support: Browser, alice: User) -> None:
    short = support.get("/support/", {"q": "al"}).content.decode()
    assert "Type at least three characters." in short
    words = {"reset/": {"identified": ""}, "pause/": {"hours": "x"}}
    told = {"reset/": "Choose how you identified the person.", "pause/": "from 1 to 168"}
    for page, form in words.items():
        answer = support.post(f"{page_of(alice)}{page}", {"reason": "", **form}).content.decode()
        assert "Enter a reason." in answer
        assert told[page] in answer
        long = support.post(f"{page_of(alice)}{page}", {"reason": "x" * 201, **form})
        assert "Write at most 200 characters." in long.content.decode()


def test_search_below_three_characters_lists_no_one(support: Browser, alice: User) -> None:
    for query in ({}, {"q": ""}, {"q": "al"}, {"q": "  a "}, {"q": "a\u202eb\n"}, {"q": "201"}):
        assert page_of(alice) not in support.get("/support/", query).content.decode()


def test_support_page_explains_phone_without_texts(
    support: Browser, other_browser: Browser, alice: User
) -> None:
    other_browser.password(alice)
    Delivery.objects.filter(user=alice).update(state="failed", reason="unreachable")
    text = looked_up(support, "0201", alice)
    first_lines = text.partition("<main")[2].partition("<h2>")[0]
    assert "The latest text failed" in first_lines
    assert "the phone is off or has no signal" in first_lines
    assert "+447700900201" not in text


def test_support_page_explains_and_ends_lockout(
    support: Browser, other_browser: Browser, alice: User, bob: User
) -> None:
    for _ in range(10):
        other_browser.password(alice, "wrong")
    assert "End the lockout" not in support.get(page_of(bob)).content.decode()
    text = looked_up(support, alice.email, alice)
    assert "too many wrong passwords" in text
    assert "End the lockout" in text
    support.post(page_of(alice), {"action": "unlock"})
    other_browser.password(alice)
    assert other_browser.get("/login/verify/").status_code == 200
    assert "End the lockout" not in support.get(page_of(alice)).content.decode()
    support.post(page_of(alice), {"action": "unlock"})
    assert AuditEvent.objects.filter(event=Event.LOCKOUT_ENDED).count() == 1


def test_support_page_offers_recovery_codes_for_lost_phone(
    support: Browser, other_browser: Browser, alice: User
) -> None:
    codes = give_codes(alice)
    assert looked_up(support, alice.email, alice).count(">Recovery codes<") == 1
    other_browser.password(alice)
    other_browser.post("/login/recovery-code/", {"code": codes[0]})
    assert other_browser.signed_in
    assert "The person logged in." in support.get(page_of(alice)).content.decode()


def test_support_resets_lost_phone_without_recovery_codes(
    support: Browser, other_browser: Browser, alice: User, sam: User
) -> None:
    looked_up(support, alice.email, alice)
    answer = support.post(f"{page_of(alice)}reset/", RESET)
    assert answer.url == page_of(alice)
    text = support.get(page_of(alice)).content.decode()
    assert "Send a link to set the password" not in text
    assert "Until then, links to set the password don't work." in text
    assert AuditEvent.objects.get(event=Event.FACTORS_RESET).actor == sam
    assert other_browser.password(alice).url == "/login/mailbox/"
    other_browser.post("/login/mailbox/")
    other_browser.post("/login/mailbox/", {"code": code(alice.email)})
    assert other_browser.get("/login/enroll/phone/").status_code == 200


def test_second_reset_from_another_tab_is_harmless(support: Browser, alice: User) -> None:
    for _ in range(2):
        assert support.post(f"{page_of(alice)}reset/", RESET).status_code == 302
    assert not Factor.objects.usable().filter(user=alice).exists()


def test_tabs_of_two_people_act_on_their_own_person(
    support: Browser, alice: User, bob: User
) -> None:
    """Nothing of the tab that was opened last is remembered."""
    for each in (alice, bob):
        support.get(f"{page_of(each)}pause/")
    pause = {"reason": "lost phone", "hours": "1"}
    assert support.post(f"{page_of(alice)}pause/", pause).url == page_of(alice)
    support.get(page_of(bob))
    support.post(f"{page_of(bob)}pause/", pause)
    support.post(page_of(alice), {"action": "end_pause"})
    assert [pauses.running_of(each) is not None for each in (alice, bob)] == [False, True]
    support.post(f"{page_of(bob)}reset/", RESET)
    assert Factor.objects.usable().filter(user=alice).exists()
    assert not Factor.objects.usable().filter(user=bob).exists()


def test_menu_links_support_for_those_who_may_use_it(
    support: Browser, other_browser: Browser, alice: User
) -> None:
    staff = make_user("stan@example.org", is_staff=True)
    give_phone(staff, "+447700900208")
    assert 'href="/support/"' in support.get("/").content.decode()
    for each in (staff, alice):
        other_browser.log_in(each)
        assert 'href="/support/"' not in other_browser.get("/").content.decode()
        other_browser.post("/logout/")


ACTIONS = ("link", "unlock", "end_pause")
FORMS = {
    "reset/": RESET,
    "pause/": {"reason": "lost phone", "hours": "24"},
    "number/": {"phone": "+44 7700 900250", "reason": "new phone"},
    "sessions/": {},
}


def attempts(browser: Browser, user: User) -> set[int]:
    """The answers to every action and every form about a person."""
    page = page_of(user)
    answers = [browser.post(page, {"action": action}) for action in ACTIONS]
    answers += [browser.post(page + form, values) for form, values in FORMS.items()]
    answers += [browser.get(page + form) for form in FORMS]
    return {answer.status_code for answer in answers}


def test_actions_on_staff_or_oneself_are_refused(support: Browser, sam: User, root: User) -> None:
    for person in (sam, root):
        page = support.get(page_of(person)).content.decode()
        assert "Reset second factor" not in page
        assert "Pause MFA" not in page
        assert ("your own account" if person == sam else "can't act on staff") in page
        assert attempts(support, person) == {403}
        assert person.factors.usable().get(kind="phone").target != "+447700900250"


def test_superuser_cannot_act_on_staff_or_themselves(
    office: Browser, sam: User, root: User
) -> None:
    for person in (sam, root):
        assert attempts(office, person) == {403}
    tried = AuditEvent.objects.filter(event=Event.SUPPORT_REFUSED, user=root)
    assert {event.details["person_id"] for event in tried} == {sam.pk, root.pk}


def test_people_without_permission_are_refused_and_audited(
    browser: Browser, alice: User, charlie: User
) -> None:
    browser.log_in(charlie)
    assert [browser.get(page).status_code for page in ("/support/", page_of(alice))] == [403] * 2
    assert attempts(browser, alice) == {403}
    assert AuditEvent.objects.filter(event=Event.SUPPORT_REFUSED, user=charlie).exists()
    assert not AuditEvent.objects.filter(event=Event.SUPPORT_OPENED).exists()
    assert Factor.objects.usable().filter(user=alice).exists()


def test_support_without_further_permissions_cannot_pause_or_assign_numbers(
    support: Browser, alice: User
) -> None:
    group = Group.objects.get(name="Support")
    group.permissions.remove(Permission.objects.get(codename="add_pause"))
    page = support.get(page_of(alice)).content.decode()
    assert "Pause MFA" not in page
    assert "Change the phone number" not in page
    for form in ("pause/", "number/"):
        assert support.post(page_of(alice) + form, FORMS[form]).status_code == 403
    assert support.post(page_of(alice), {"action": "end_pause"}).status_code == 403


def test_many_opened_pages_are_recorded_alerted_and_limited(
    support: Browser, sam: User, root: User, clock: time_machine.Traveller
) -> None:
    """Someone with support's session counts up the numbers in the URL."""
    make = [User(email=f"p{number}@example.org") for number in range(121)]
    many = User.objects.bulk_create(make)
    mails = OutboxMessage.objects.filter(subject__contains="opened many support pages")
    for person in many[:29]:
        for page in ("", "reset/", ""):
            support.get(page_of(person) + page)
    events = AuditEvent.objects.filter(event=Event.SUPPORT_OPENED, actor=sam)
    assert events.count() == 29
    assert not mails.exists()
    support.get(page_of(many[29]))
    assert "sam@example.org" in mails.get(target=root.email).body
    answers = [support.get(page_of(person)).status_code for person in many[30:]]
    assert answers == [200] * 90 + [429]
    assert mails.count() == 1
    assert support.post(page_of(many[-1]), {"action": "unlock"}).status_code == 429
    assert support.get(page_of(many[0])).status_code == 200
    assert support.get(page_of(sam)).status_code == 200
    clock.shift(timedelta(hours=2))
    support.post("/logout/")
    support.log_in(sam)
    assert support.get(page_of(many[-1])).status_code == 200


def test_unknown_person_and_action_are_refused(support: Browser, alice: User) -> None:
    assert support.get("/support/people/999999/").status_code == 404
    assert support.get("/support/people/99999999999999999999999/").status_code == 404
    assert support.post(page_of(alice), {"action": "delete"}).status_code == 400


def test_stale_session_must_verify_before_acting(support: Browser, alice: User) -> None:
    session = support.session
    session["mfa_about"] = {**session["mfa_about"], "proofs": {}}
    session.save()
    answer = support.post(f"{page_of(alice)}reset/", RESET)
    assert answer.url.startswith("/me/confirm/")
    assert Factor.objects.usable().filter(user=alice).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "x" * 201},
        {"reason": "two\nlines"},
        {"reason": "turned \u202e text"},
        {"identified": "operator"},
        {"identified": ""},
        {"identified": "other", "details": ""},
        {"identified": "other", "details": "\x00"},
    ],
)
def test_reset_needs_reason_and_identification(
    support: Browser, alice: User, wrong: dict[str, str]
) -> None:
    answer = support.post(f"{page_of(alice)}reset/", {**RESET, **wrong})
    assert answer.status_code == 200
    assert Factor.objects.usable().filter(user=alice).exists()


def test_all_sessions_end_after_a_page_that_lists_them(
    support: Browser, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    page = f"{page_of(alice)}sessions/"
    assert f'href="{page}"' in support.get(page_of(alice)).content.decode()
    assert "will be logged out on 1 device" in support.get(page).content.decode()
    assert Session.objects.filter(user=alice).exists()
    assert support.post(page).url == page_of(alice)
    assert not Session.objects.filter(user=alice).exists()
    assert "is not logged in anywhere" in support.get(page).content.decode()


def test_support_sends_link_to_set_password(support: Browser, alice: User) -> None:
    support.post(page_of(alice), {"action": "link"})
    assert OutboxMessage.objects.filter(target=alice.email, body__contains="/reset/").exists()


def test_pause_leads_back_to_person(support: Browser, alice: User) -> None:
    """P22."""
    page = f"{page_of(alice)}pause/"
    assert f'href="{page}"' in support.get(page_of(alice)).content.decode()
    assert f'href="{page_of(alice)}"' in support.get(page).content.decode()
    assert support.post(page, FORMS["pause/"]).url == page_of(alice)
    assert "End the pause" in support.get(page_of(alice)).content.decode()
    assert 'value="end_pause"' in support.get(page).content.decode()


def test_roles_are_shown_only_to_those_who_can_change_them(
    browser: Browser, other_browser: Browser, alice: User, root: User
) -> None:
    admin = make_user("ada@example.org", is_staff=True)
    admin.groups.add(Group.objects.get(name="Administrators"))
    give_phone(admin, "+447700900207")
    browser.log_in(admin)
    other_browser.log_in(root)
    people = "/admin/accounts/user/"
    group = Group.objects.get(name="Support")
    for page, word in (
        (f"{people}{alice.pk}/change/", "Permissions"),
        (people, "Staff access"),
        (f"/admin/auth/group/{group.pk}/change/", "Can help people who cannot log in"),
    ):
        assert word not in browser.get(page).text
        assert word in other_browser.get(page).text
    assert browser.get(f"{people}?is_staff__exact=1").status_code == 400
