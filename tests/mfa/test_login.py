"""One login's effects, where no page shows them."""

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from mfa import login, questions, walk as walks
from mfa.answers import Answer
from mfa.counters import TooMany
from mfa.models import AccountPolicy, Challenge, Purpose
from mfa.pending import KEY, PendingLogin
from mfa.rules.routes import ChannelName
from mfa.rules.steps import Step
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import Browser, code, codes

NUMBER = "+447700900201"


@pytest.fixture
def asked(browser: Browser, alice: User) -> Browser:
    browser.password(alice)
    return browser


def request_with(session: SessionBase) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = session
    return request


def walk_of(browser: Browser) -> walks.Walk:
    walk = walks.resume(request_with(browser.session))
    assert walk is not None
    return walk


def test_a_session_without_a_walk_resumes_none(browser: Browser, db: None) -> None:
    assert walks.resume(request_with(browser.session)) is None


def test_a_walk_of_a_deleted_person_is_none(asked: Browser, alice: User) -> None:
    session = asked.session
    alice.delete()
    assert walks.resume(request_with(session)) is None


def test_a_walk_knows_its_question_by_its_purpose(asked: Browser) -> None:
    walk = walk_of(asked)
    assert walk.challenge(Purpose.LOGIN) == Challenge.objects.get()
    assert walk.challenge(Purpose.ENROLL) is None


def test_a_walk_without_a_question_has_none(asked: Browser) -> None:
    walk = walk_of(asked)
    walk.pending.challenge = ""
    assert walk.challenge(Purpose.LOGIN) is None


def test_the_question_of_another_person_is_not_its_own(asked: Browser, charlie: User) -> None:
    """Charlie's session cannot borrow Alice's challenge by its id."""
    theirs = Challenge.objects.get()
    other = Browser()
    other.password(charlie)
    walk = walk_of(other)
    walk.pending.challenge = str(theirs.pk)
    assert walk.challenge(Purpose.LOGIN) is None


def test_a_question_by_a_route_that_closed_is_none(asked: Browser, alice: User) -> None:
    alice.factors.update(revoked_at=timezone.now())
    give = alice.factors.create(target=NEW_NUMBER, confirmed_at=timezone.now())
    walk = walk_of(asked)
    assert walk.facts.route.factor == give.pk
    assert walk.challenge(Purpose.LOGIN) is None


def test_an_emailed_question_ends_with_the_address(asked: Browser, alice: User) -> None:
    """EM-06: it was sent to a mailbox that is the person's no more."""
    asked.post("/login/verify/email/")
    emailed = code(alice.email)
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    asked.post("/login/verify/", {"code": emailed})
    assert not asked.signed_in


def test_an_answer_without_a_question_came_too_late(asked: Browser) -> None:
    walk = walk_of(asked)
    walk.pending.challenge = ""
    assert questions.answer(walk, "123456", Purpose.LOGIN).answer is Answer.EXPIRED


def test_a_resend_without_a_question_asks(asked: Browser) -> None:
    walk = walk_of(asked)
    Challenge.objects.all().delete()
    questions.resend(walk, Purpose.LOGIN)
    assert Challenge.objects.count() == 1


def test_a_resend_of_an_enrollment_without_a_number_does_nothing(
    browser: Browser, bob: User
) -> None:
    browser.password(bob)
    questions.resend(walk_of(browser), Purpose.ENROLL)
    assert not Challenge.objects.exists()


def test_a_resend_without_any_route_asks_nothing(asked: Browser, alice: User) -> None:
    Challenge.objects.all().delete()
    alice.factors.update(disabled_at=timezone.now())
    questions.resend(walk_of(asked), Purpose.LOGIN)
    assert not Challenge.objects.exists()


def test_a_refused_number_raises(browser: Browser, bob: User) -> None:
    browser.password(bob)
    walk = walk_of(browser)
    for ending in range(50, 53):
        questions.ask_number(walk, f"+4477009002{ending}")
    with pytest.raises(TooMany):
        questions.ask_number(walk, "+447700900253")


def test_a_chosen_route_that_is_gone_gives_way_to_the_best(
    asked: Browser, policy: AccountPolicy
) -> None:
    asked.post("/login/verify/email/")
    policy.email_codes = "off"
    policy.save()
    walk = walk_of(asked)
    assert walk.facts.chosen is None
    assert walk.facts.route.channel is ChannelName.SMS
    assert walk.step is Step.ANSWER


def test_after_a_hundred_wrong_codes_the_mailbox_rests(asked: Browser, alice: User) -> None:
    """LG-01: it has no row to disable."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    assert [route.channel for route in walk_of(asked).facts.routes] == [ChannelName.SMS]


def test_and_with_the_phone_disabled_nobody_gets_in(asked: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    alice.factors.update(disabled_at=timezone.now())
    assert walk_of(asked).step is Step.BLOCKED


def test_a_raced_enrollment_proves_nothing(browser: Browser, bob: User) -> None:
    """Another session was first: the epoch that this walk read is gone."""
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    walk = walk_of(browser)
    User.objects.filter(pk=bob.pk).update(session_epoch=7)
    judgement = questions.answer(walk, code(NEW_NUMBER), Purpose.ENROLL)
    assert judgement.answer is Answer.RIGHT
    assert walk.pending.proof == "none"
    assert not bob.factors.exists()


def test_demands_are_off_with_mfa_off(alice: User, policy: AccountPolicy) -> None:
    assert alice.mfa_policy.demanded
    policy.enabled = False
    policy.save()
    assert not User.objects.get(pk=alice.pk).mfa_policy.demanded


def test_a_second_password_keeps_the_walk_and_its_question(asked: Browser, alice: User) -> None:
    before = asked.session[KEY]
    asked.password(alice)
    # Only the case that support finds is the newer one.
    assert asked.session[KEY] | {"case": before["case"]} == before


def test_a_dead_walk_is_replaced_by_a_new_one(asked: Browser, alice: User) -> None:
    first = asked.session[KEY]["nonce"]
    User.objects.filter(pk=alice.pk).update(session_epoch=1)
    asked.password(alice)
    assert asked.session[KEY]["nonce"] != first
    assert len(codes(NUMBER)) == 2


def test_a_kept_walk_is_plain_data(asked: Browser) -> None:
    """It goes into a row as JSON."""
    kept = asked.session[KEY]
    assert PendingLogin(**kept) == PendingLogin.load(asked.session)
    assert all(isinstance(value, str | int | float) for value in kept.values())


def test_a_mere_mailbox_makes_no_recovery_codes(asked: Browser) -> None:
    """LK-01: they prove the second level, so a mailbox must not buy them."""
    walk = walk_of(asked)
    walk.pending.channel = ChannelName.EMAIL
    with pytest.raises(PermissionDenied):
        questions.make_codes(walk)


def test_a_step_up_that_is_over_ends_no_login(browser: Browser, alice: User) -> None:
    """SS-08: the page that asks comes again, and the person stays logged in."""
    browser.log_in(alice)
    request = request_with(browser.session)
    walk = login.step_up(request, alice, "/me/")
    walk.pending.start = 0.0
    assert login.advance(walk).url == "/me/confirm/?next=%2Fme%2F"
    assert "_auth_user_id" in request.session
