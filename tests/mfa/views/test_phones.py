"""Several phones: added by a code, named, one preferred, at most five, the last one stays."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.models import User
from mfa import factors
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy
from tests.conftest import give_phone
from tests.journeys.conftest import NEW_NUMBER
from tests.organizations import settings as store
from tests.portal_client import Browser, code, codes

FIRST = "+447700900201"
ADD = "/me/security/phone/"
VERIFY = "/me/phone/verify/"


@pytest.fixture
def both(home: Browser, alice: User) -> Browser:
    """Alice with a second phone."""
    home.post(ADD, {"phone": NEW_NUMBER})
    home.post(VERIFY, {"code": code(NEW_NUMBER)})
    return home


def numbers(user: User) -> list[str]:
    return [phone.target for phone in factors.shown_of(user)]


def url_of(user: User, number: str, act: str) -> str:
    return f"/me/security/factors/{user.factors.get(target=number).pk}/{act}/"


def test_phone_is_added_by_its_code_and_the_other_one_is_notified(
    home: Browser, alice: User
) -> None:
    OutboxMessage.objects.all().delete()
    home.post(ADD, {"phone": FIRST})
    assert "already your number" in home.post(ADD, {"phone": FIRST}).content.decode()
    assert home.post(ADD, {"phone": NEW_NUMBER}).url == VERIFY
    assert ADD in home.get(VERIFY).content.decode()
    assert numbers(alice) == [FIRST]
    page = home.post(VERIFY, {"code": code(NEW_NUMBER)}, follow=True)
    assert "Your phone is added." in page.content.decode()
    assert sorted(numbers(alice)) == [FIRST, NEW_NUMBER]
    text = OutboxMessage.objects.get(target=FIRST)
    assert "a phone was added to your account" in text.body


def test_preferred_phone_gets_the_code_and_the_choice_lists_it_first(
    both: Browser, alice: User
) -> None:
    assert "First choice for texts" in both.get("/me/security/").content.decode()
    assert "Login codes then go to the new phone first." in both.get("/me/security/phone/").text
    assert both.post(url_of(alice, FIRST, "prefer")).url.endswith("?done=preferred")
    both.post(url_of(alice, FIRST, "name"), {"name": "Work phone"})
    assert "Work phone" in both.get("/me/security/").content.decode()
    for page in ("/", "/me/"):
        assert "we text to the <strong>number ending 01</strong>" in both.get(page).text
    assert "go to the new phone first" not in both.get("/me/security/phone/").text
    both.post("/logout/")
    OutboxMessage.objects.all().delete()
    both.password(alice)
    assert (len(codes(FIRST)), len(codes(NEW_NUMBER))) == (1, 0)
    choice = both.get("/login/choose/").content.decode()
    assert choice.index("number ending 01 (Work phone)") < choice.index("number ending 50")
    newer = alice.factors.get(target=NEW_NUMBER)
    both.post("/login/choose/", {"route": f"sms-{newer.pk}"})
    both.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert both.signed_in
    assert {Event.FACTOR_RENAMED, Event.FACTOR_PREFERRED} <= set(
        AuditEvent.objects.values_list("event", flat=True)
    )


def test_change_replaces_the_first_phone_only(both: Browser, alice: User) -> None:
    both.post(url_of(alice, FIRST, "prefer"))
    both.post("/me/phone/", {"phone": "07700 900260"})
    both.post(VERIFY, {"code": code("+447700900260")})
    assert numbers(alice) == ["+447700900260", NEW_NUMBER]


def test_saved_number_replaces_the_first_phone_only(
    both: Browser, alice: User, policy: SitePolicy
) -> None:
    """C16 with two phones: the login keeps the other one."""
    store(policy, number_change="save_then_verify", after_enrollment="continue")
    both.post("/me/phone/", {"phone": "07700 900260"})
    both.post("/logout/")
    both.password(alice)
    both.post("/login/verify/", {"code": code(NEW_NUMBER)})
    both.post("/login/enroll/phone/", {"phone": "07700 900260"})
    both.post("/login/enroll/verify/", {"code": code("+447700900260")})
    assert both.signed_in
    assert numbers(alice) == ["+447700900260", FIRST]


def test_sixth_phone_is_refused(home: Browser, alice: User) -> None:
    """On the page, and when its code arrives after a fifth one was added elsewhere."""
    home.post(ADD, {"phone": NEW_NUMBER})
    for ending in range(4):
        give_phone(alice, f"+44770090023{ending}")
    home.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert NEW_NUMBER not in numbers(alice)
    assert "You have 5 phones, which is the maximum." in home.get(ADD).content.decode()
    home.post(ADD, {"phone": "07700 900270"})
    assert not codes("+447700900270")


def test_last_phone_stays_while_it_is_needed(both: Browser, alice: User) -> None:
    both.post(url_of(alice, NEW_NUMBER, "remove"))
    assert numbers(alice) == [FIRST]
    page = both.get(url_of(alice, FIRST, "remove")).content.decode()
    assert "You can't remove your only verification method." in page
    assert both.post(url_of(alice, FIRST, "remove")).status_code == 403
    assert numbers(alice) == [FIRST]


def test_each_change_needs_a_fresh_proof_and_a_factor_of_ones_own(
    clock: time_machine.Traveller, both: Browser, alice: User, charlie: User
) -> None:
    """fac3, fac5: also where the policy no longer allows phones."""
    theirs = give_phone(charlie, "+447700900299")
    for act in ("prefer", "name"):
        answer = both.post(f"/me/security/factors/{theirs.pk}/{act}/", {"name": "Mine"})
        assert answer.status_code == 404
    mine = {act: url_of(alice, FIRST, act) for act in ("prefer", "name")}
    clock.shift(timedelta(minutes=11))
    for path in (*mine.values(), ADD):
        answer = both.post(path, {"name": "New", "phone": "07700 900271"})
        assert answer.url.startswith("/me/confirm/")
        assert ("notice=kept" in answer.url) is (path != mine["prefer"])
    assert not codes("+447700900271")
    assert not Factor.objects.filter(preferred=True).exists()
    clock.shift(timedelta(minutes=-11))
    SitePolicy.note(methods=["app"])
    assert both.post(mine["prefer"]).status_code == 403
    assert both.post(ADD, {"phone": "07700 900271"}).status_code == 404


def test_at_most_one_phone_is_preferred(both: Browser, alice: User) -> None:
    for number in (FIRST, NEW_NUMBER):
        factors.prefer(alice, alice.factors.get(target=number), client=NOWHERE)
    assert alice.factors.get(preferred=True).target == NEW_NUMBER
    with pytest.raises(IntegrityError), transaction.atomic():
        alice.factors.update(preferred=True)


def test_change_of_number_says_which_phone_it_replaces(both: Browser, alice: User) -> None:
    """Issue 13: with several phones."""
    first = alice.factors.get(target=FIRST)
    Factor.objects.filter(pk=first.pk).update(name="Work")
    both.post(url_of(alice, FIRST, "prefer"))
    page = " ".join(both.get("/me/phone/").text.split())
    words = "The new number replaces only the number ending 01 (Work). "
    assert words + "Your other phone stays." in page
    give_phone(alice, "+447700900277")
    page = " ".join(both.get("/me/phone/").text.split())
    assert words + "Your other 2 phones stay." in page
    both.post("/me/phone/", {"phone": "+447700900278"})
    both.post(VERIFY, {"code": code("+447700900278")})
    assert set(numbers(alice)) == {NEW_NUMBER, "+447700900277", "+447700900278"}
    Factor.objects.exclude(target="+447700900278").delete()
    assert "replaces only" not in both.get("/me/phone/").text
