"""E13: the owner stops a request after a lost phone, by the link of a notice."""

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.limits import counters, table as limits
from mfa.models import RecoveryRequest
from tests.lost_phone import DAY, Outcome, no_codes_by_email, start, stop_link, told
from tests.portal_client import Browser


def test_owner_stops_attacker_from_mail_and_password_no_longer_works(
    browser: Browser, alice: User, clock
) -> None:
    """The attacker has the password and asks. The owner has the phone and the email."""
    no_codes_by_email()
    attacker, owner = browser, Browser()
    start(attacker, alice)
    link = stop_link(alice)
    page = owner.get(link)
    assert "I have my phone again" in page.content.decode()
    assert RecoveryRequest.objects.get().ended_at is None, "a GET stops nothing"
    page = owner.post(link, {"stranger": "yes"}, follow=True)
    assert "Your account is secured" in page.content.decode()
    assert RecoveryRequest.objects.get().outcome == Outcome.STRANGER
    clock.shift(4 * DAY)
    # The attacker's flow and password are dead, and no wait opens anything.
    assert attacker.get("/recover/").url == "/login/"
    page = attacker.password(alice)
    assert page.status_code == 200
    assert "do not match" in page.content.decode()
    alice.refresh_from_db()
    assert not alice.recovers(timezone.now())
    assert any("/password/reset/" in mail for mail in told(alice))


def test_phone_found_again_stops_request_and_report_is_still_offered(
    browser: Browser, alice: User, clock
) -> None:
    no_codes_by_email()
    start(browser, alice)
    link = stop_link(alice)
    page = Browser().post(link, {"found": "yes"}, follow=True).content.decode()
    assert "The request has ended" in page
    assert "This wasn" in page
    assert RecoveryRequest.objects.get().outcome == Outcome.FOUND
    assert "you have your phone again" in told(alice)[0]
    # Repeated: a second request has its own link, and the old one does not stop it.
    start(browser, alice)
    Browser().post(link, {"found": "yes"})
    assert RecoveryRequest.objects.filter(ended_at=None).count() == 1
    assert stop_link(alice) != link


def test_links_of_others_and_changed_ones_stop_nothing(
    browser: Browser, alice: User, charlie: User
) -> None:
    start(browser, alice)
    start(Browser(), charlie)
    mine, other = stop_link(alice), stop_link(charlie).split("/")
    uid = mine.split("/")[3]
    forged = f"/recover/stop/{uid}/{other[4]}/"
    assert Browser().post(forged, {"found": "yes"}).status_code == 410
    assert Browser().post(mine.removesuffix("/") + ")/", {"found": "yes"}).url == mine
    assert RecoveryRequest.objects.filter(ended_at=None).count() == 2


def test_report_over_its_limit_stops_the_request_all_the_same(
    browser: Browser, alice: User, clock
) -> None:
    """Otherwise the stranger's wait would continue, and could be reported only the next day."""
    no_codes_by_email()
    start(browser, alice)
    link, reports = stop_link(alice), limits.REPORTS.of(str(alice.pk))
    for _ in range(limits.REPORTS.most):
        counters.take([reports])
    assert Browser().post(link, {"stranger": "yes"}).status_code == 429
    assert RecoveryRequest.objects.get().outcome == Outcome.STRANGER
    clock.shift(DAY)
    assert 'name="stranger"' in Browser().get(link).content.decode()
    Browser().post(link, {"stranger": "yes"})
    alice.refresh_from_db()
    assert not alice.has_usable_password()
    assert 'name="stranger"' not in Browser().get(link).content.decode()


@pytest.mark.parametrize("button", ["found", "stranger"])
def test_finder_of_the_phone_stops_one_request_and_nothing_else(
    browser: Browser, alice: User, clock, button: str
) -> None:
    """A text shows on the screen of a locked phone. The owner asked, and asks again."""
    no_codes_by_email()
    start(browser, alice)
    link, finder = stop_link(alice, "sms"), Browser()
    assert 'name="found"' in finder.get(link).content.decode()
    page = finder.post(link, {button: "yes"}, follow=True)
    assert 'name="stranger"' not in page.content.decode()
    assert RecoveryRequest.objects.get().outcome == Outcome.TEXTED
    assert "opened the link in our text message" in told(alice)[0]
    assert "/me/not-me/" in told(alice)[0]
    held = start(browser, alice)
    assert told(alice, "sms")[0].endswith("Not you? Log in to stop it.")
    finder.post(link, {button: "yes"})
    held.refresh_from_db()
    assert held.ended_at is None
    Browser().post(stop_link(alice), {"stranger": "yes"})
    held.refresh_from_db()
    assert held.outcome == Outcome.STRANGER


def test_texts_have_the_link_again_after_a_week(browser: Browser, alice: User, clock) -> None:
    no_codes_by_email()
    start(browser, alice)
    Browser().post(stop_link(alice, "sms"), {"found": "yes"})
    clock.shift(7 * DAY)
    start(browser, alice)
    assert stop_link(alice, "sms")


def test_token_of_a_text_is_not_that_of_a_mail(browser: Browser, alice: User) -> None:
    start(browser, alice)
    assert stop_link(alice, "sms") != stop_link(alice)
