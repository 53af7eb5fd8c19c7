"""Effects of a login that no page shows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from mfa import login
from mfa.challenges import Outcome
from mfa.limits.counters import TooMany
from mfa.login import flow as flows
from mfa.login.pending import KEY, PendingLogin
from mfa.models import CLOSING_LASTS, Challenge, SitePolicy
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
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


def flow_of(browser: Browser) -> flows.Flow:
    flow = flows.resume(request_with(browser.session))
    assert flow is not None
    return flow


def test_session_without_flow_resumes_none(browser: Browser, db: None) -> None:
    assert flows.resume(request_with(browser.session)) is None


def test_deleted_person_has_no_flow(asked: Browser, alice: User) -> None:
    session = asked.session
    alice.delete()
    assert flows.resume(request_with(session)) is None


def test_flow_knows_its_question_by_its_purpose(asked: Browser) -> None:
    flow = flow_of(asked)
    assert flow.challenge(Purpose.LOGIN) == Challenge.objects.get()
    assert flow.challenge(Purpose.ENROLL) is None


def test_flow_without_open_question_has_none(asked: Browser) -> None:
    flow = flow_of(asked)
    flow.pending.challenge = ""
    assert flow.challenge(Purpose.LOGIN) is None


def test_question_of_another_person_is_not_used(asked: Browser, charlie: User) -> None:
    """Charlie's session cannot borrow Alice's challenge by its id."""
    theirs = Challenge.objects.get()
    other = Browser()
    other.password(charlie)
    flow = flow_of(other)
    flow.pending.challenge = str(theirs.pk)
    assert flow.challenge(Purpose.LOGIN) is None


def test_question_by_closed_route_is_dropped(asked: Browser, alice: User) -> None:
    alice.factors.update(status="revoked")
    give = alice.factors.create(target=NEW_NUMBER, confirmed_at=timezone.now())
    flow = flow_of(asked)
    assert flow.facts.route.factor == give.pk
    assert flow.challenge(Purpose.LOGIN) is None


def test_emailed_question_ends_with_address(asked: Browser, alice: User) -> None:
    """EM-06: it was sent to an address that is no longer the person's."""
    asked.post("/login/verify/email/")
    emailed = code(alice.email)
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    asked.post("/login/verify/", {"code": emailed})
    assert not asked.signed_in


def test_answer_without_question_counts_as_expired(asked: Browser) -> None:
    flow = flow_of(asked)
    flow.pending.challenge = ""
    assert flow.verify("123456").outcome is Outcome.EXPIRED


def test_resend_without_question_asks(asked: Browser) -> None:
    flow = flow_of(asked)
    Challenge.objects.all().delete()
    flow.resend()
    assert Challenge.objects.count() == 1


def test_resend_of_enrollment_without_number_does_nothing(browser: Browser, bob: User) -> None:
    browser.password(bob)
    flow_of(browser).resend()
    assert not Challenge.objects.exists()


def test_resend_without_any_route_asks_nothing(asked: Browser, alice: User) -> None:
    Challenge.objects.all().delete()
    alice.factors.update(status="disabled")
    flow_of(asked).resend()
    assert not Challenge.objects.exists()


def test_code_without_route_is_expired(asked: Browser, alice: User) -> None:
    """Its question is open, but neither the phone nor email can be asked."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    alice.factors.update(status="disabled")
    flow = flow_of(asked)
    assert flow.step is Step.BLOCKED
    assert flow.verify(code(NUMBER)).outcome is Outcome.EXPIRED
    assert flow.pending.proof == "none"


def test_refused_number_raises_error(browser: Browser, bob: User) -> None:
    browser.password(bob)
    flow = flow_of(browser)
    for ending in range(50, 53):
        flow.ask(f"+4477009002{ending}")
    with pytest.raises(TooMany):
        flow.ask("+447700900253")


def test_missing_chosen_route_falls_back_to_best(asked: Browser, policy: SitePolicy) -> None:
    asked.post("/login/verify/email/")
    policy.email_codes = "off"
    policy.save()
    flow = flow_of(asked)
    assert flow.facts.chosen is None
    assert flow.facts.route.channel is ChannelName.SMS
    assert flow.step is Step.ANSWER


def test_email_codes_are_off_after_hundred_wrong_codes(asked: Browser, alice: User) -> None:
    """LG-01: email has no row to disable."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    assert [route.channel for route in flow_of(asked).facts.routes] == [ChannelName.SMS]


def test_no_login_without_email_codes_and_phone(asked: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    alice.factors.update(status="disabled")
    assert flow_of(asked).step is Step.BLOCKED


def test_losing_parallel_enrollment_proves_nothing(browser: Browser, bob: User) -> None:
    """Another session was first, so the epoch that this flow read is outdated."""
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    flow = flow_of(browser)
    User.objects.filter(pk=bob.pk).update(session_epoch=7)
    result = flow.verify(code(NEW_NUMBER))
    assert result.outcome is Outcome.RIGHT
    assert flow.pending.proof == "none"
    assert not bob.factors.exists()


def test_nothing_is_required_with_mfa_off(alice: User, policy: SitePolicy) -> None:
    assert alice.mfa_policy.demanded
    policy.enabled = False
    policy.save()
    assert not User.objects.get(pk=alice.pk).mfa_policy.demanded


def test_entering_password_again_keeps_flow_and_question(asked: Browser, alice: User) -> None:
    before = asked.session[KEY]
    asked.password(alice)
    # Only the case that support finds is the newer one.
    assert asked.session[KEY] | {"case": before["case"]} == before


def test_ended_flow_is_replaced(asked: Browser, alice: User) -> None:
    first = asked.session[KEY]["nonce"]
    User.objects.filter(pk=alice.pk).update(session_epoch=1)
    asked.password(alice)
    assert asked.session[KEY]["nonce"] != first
    assert len(codes(NUMBER)) == 2


def test_stored_flow_is_plain_data(asked: Browser) -> None:
    """It is stored in a row as JSON."""
    kept = asked.session[KEY]
    assert PendingLogin(**kept) == PendingLogin.load(asked.session)
    assert all(isinstance(value, str | int | float) for value in kept.values())


def test_emailed_code_cannot_make_recovery_codes(asked: Browser) -> None:
    """LK-01: they prove AAL2, so an emailed code must not be enough."""
    flow = flow_of(asked)
    flow.pending.channel = ChannelName.EMAIL
    with pytest.raises(PermissionDenied):
        flow.make_codes()


def test_ended_step_up_keeps_login(browser: Browser, alice: User) -> None:
    """SS-08: the page that asks is shown again, and the person stays logged in."""
    browser.log_in(alice)
    request = request_with(browser.session)
    flow = login.step_up(request, alice, "/me/")
    flow.facts = replace(flow.facts, alive=False)
    assert login.advance(flow).url == "/me/confirm/?next=%2Fme%2F"
    assert "_auth_user_id" in request.session


def test_account_deleted_between_code_and_login_starts_over(browser: Browser, alice: User) -> None:
    """The last of the 14 days ends while the code is verified."""
    User.objects.filter(pk=alice.pk).update(closed_at=timezone.now())
    browser.password(alice)
    over = timezone.now() - CLOSING_LASTS - timedelta(seconds=1)

    def late(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "mfa_challenge" in sql:
            User.objects.filter(pk=alice.pk).update(closed_at=over)
        return done

    with connection.execute_wrapper(late):
        answer = browser.post("/login/verify/", {"code": code(alice.factors.get().target)})
    assert answer.url.startswith("/login/?notice=")
    assert not browser.signed_in
    assert User.objects.get(pk=alice.pk).closed_at == over
