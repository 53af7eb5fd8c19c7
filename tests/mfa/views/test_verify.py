"""The code pages: methods, choices and help."""

import re

import pytest

from accounts.models import User
from mfa.models import SitePolicy
from tests.authenticator import give_app
from tests.portal_client import Browser, code, codes

NUMBER = "+447700900201"
VERIFY, CHOOSE, HELP = "/login/verify/", "/login/choose/", "/login/help/"


@pytest.mark.parametrize(
    "path", ["/login/verify/resend/", "/login/verify/email/", "/login/cancel/"]
)
def test_get_request_neither_sends_nor_cancels(asked: Browser, path: str) -> None:
    assert asked.get(path).status_code == 405
    assert len(codes(NUMBER)) == 1


@pytest.mark.parametrize("path", [VERIFY, CHOOSE])
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(asked: Browser, path: str, method: str) -> None:
    assert getattr(asked, method)(path).status_code == 405


def test_page_offers_all_alternatives(asked: Browser) -> None:
    """B13."""
    page = asked.get(VERIFY).content.decode()
    for action in ("/login/verify/resend/", "/login/verify/email/", "/login/cancel/"):
        assert f'action="{action}"' in page
    assert "Not received a code?" in page
    assert "Try another way" in page


def test_no_other_way_is_offered_with_one_method(browser: Browser, root: User) -> None:
    root.factors.filter(kind="recovery_codes").delete()
    browser.password(root)
    page = browser.get(VERIFY).content.decode()
    assert "Try another way" not in page
    assert "Send code to email" not in page


def test_sample_text_is_real_one_without_code(asked: Browser) -> None:
    page = asked.get(VERIFY).content.decode()
    assert "Acme Portal: 123456 is your login code." in page
    assert "@testserver #123456" in page
    assert code(NUMBER) not in page


def test_choice_lists_phone_before_email(asked: Browser) -> None:
    page = asked.get(CHOOSE).content.decode()
    labels = re.findall(r"(?:Text to the number ending 01|Email to a…@example\.org)", page)
    assert labels == ["Text to the number ending 01", "Email to a…@example.org"]
    # The text is asked already, so another way is selected.
    assert re.search(r'<input type="radio"[^>]*value="email"[^>]*checked', page)


def test_choosing_email_sends_code_by_email(asked: Browser, alice: User) -> None:
    assert asked.post(CHOOSE, {"route": "email"}).url == VERIFY
    assert len(codes(alice.email)) == 1


def test_choosing_the_same_way_sends_nothing_new(asked: Browser, alice: User) -> None:
    asked.post(CHOOSE, {"route": f"sms-{alice.factors.get().pk}"})
    assert len(codes(NUMBER)) == 1


def test_email_as_only_method_waits_for_click(browser: Browser, alice: User, settings) -> None:
    """K2: emails are sent on request."""
    settings.MFA_CHANNELS = {"email": settings.MFA_CHANNELS["email"]}
    assert browser.password(alice).url == CHOOSE
    assert not codes(alice.email)
    browser.post(CHOOSE, {"route": "email"})
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.signed_in


def test_no_one_logs_in_without_channel(browser: Browser, alice: User, settings) -> None:
    """C19, OT-12: it fails closed."""
    settings.MFA_CHANNELS = {}
    assert browser.password(alice).url == HELP
    assert "use any of your verification methods" in browser.get(HELP).content.decode()
    assert not browser.signed_in


def test_help_is_public(browser: Browser, db: None) -> None:
    """B13, B14."""
    page = browser.get(HELP).content.decode()
    assert "Send code to email" in page
    assert "starts with + and the country code" in page
    assert "My Details" in page
    assert "administrator" in page


def test_help_shows_nothing_to_anonymous_visitors(browser: Browser, alice: User) -> None:
    """LG-04."""
    assert "number ending" not in browser.get(HELP).content.decode()


def test_help_shows_target_of_code_in_pending_login(asked: Browser) -> None:
    """B13, B14: masked, with the contact."""
    page = asked.get(HELP).content.decode()
    assert "number ending 01" in page
    assert "the help desk" in page.lower()
    assert 'href="/login/verify/"' in page


@pytest.mark.parametrize(
    ("station", "page"),
    [("enrolling", "/login/enroll/phone/"), ("recovering", "/login/mailbox/")],
)
def test_help_links_back_to_previous_page(
    request: pytest.FixtureRequest, station: str, page: str
) -> None:
    assert f'href="{page}"' in request.getfixturevalue(station).get(HELP).content.decode()


def test_help_leads_back_to_an_app_that_is_asked(browser: Browser, alice: User) -> None:
    """No code is open, and yet the password is not needed again."""
    give_app(alice)
    browser.password(alice)
    page = browser.get(HELP).content.decode()
    assert f'href="{VERIFY}"' in page
    assert "Back to login" not in page


def test_help_names_email_if_code_was_emailed(asked: Browser) -> None:
    asked.post("/login/verify/email/")
    page = asked.get(HELP).content.decode()
    assert "a…@example.org" in page
    assert "junk folder" in page


def test_help_names_only_the_buttons_of_the_code_page(
    browser: Browser, other_browser: Browser, alice: User, policy: SitePolicy
) -> None:
    asked, email, other = "press “Send again”.", "“Send code to email”", "“Try another way”"
    browser.password(alice)
    assert email in browser.get(HELP).text
    SitePolicy.objects.update(email_codes="off")
    page = browser.get(HELP).text
    assert (asked in page, email in page, other in page) == (True, False, False)
    give_app(alice)
    other_browser.password(alice)
    page = other_browser.get(HELP).text
    assert (asked in page, email in page, other in page) == (False, False, True)
    assert "Enter the code that the app shows now." in page


def test_help_shows_charlie_nothing_of_alice(
    asked: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.password(charlie)
    page = other_browser.get(HELP).content.decode()
    assert "number ending 03" in page
    assert "number ending 01" not in page


def test_help_rejects_post(browser: Browser, db: None) -> None:
    assert browser.post(HELP).status_code == 405


def test_anonymous_visitor_sees_contact(browser: Browser, policy: SitePolicy) -> None:
    """People who fail at the password need it most."""
    assert "The help desk" in browser.get(HELP).content.decode()


def test_contact_with_script_is_escaped(asked: Browser, policy: SitePolicy) -> None:
    """WB-04."""
    policy.contact = "<script>alert(1)</script>"
    policy.save()
    assert "<script>alert" not in asked.get(HELP).content.decode()
