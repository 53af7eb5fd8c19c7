"""The main journey: the first login enrolls a phone, later ones ask for its code."""

from accounts.models import User
from mfa.models import OutboxMessage
from tests.portal_client import Browser, code, codes

NUMBER = "+447546123456"


def test_first_login_enrolls_phone_and_leads_back_to_login(browser: Browser, bob: User) -> None:
    """A17-A21, B02-B07: Update Phone Number, Send Verification Code, Verify Code, log in again."""
    response = browser.password(bob, next="/me/")
    assert response.url == "/login/enroll/phone/"
    assert not OutboxMessage.objects.exists()
    assert browser.get("/").status_code == 302

    response = browser.post("/login/enroll/phone/", {"phone": "07546 123456"})
    assert response.url == "/login/enroll/verify/"
    first = code(NUMBER)
    browser.get("/login/enroll/verify/")
    assert codes(NUMBER) == [first]

    response = browser.post("/login/enroll/verify/", {"code": first}, follow=True)
    assert response.request["PATH_INFO"] == "/login/"
    page = response.content.decode()
    assert "Your number is verified. Log in again to continue." in page
    assert f'value="{bob.email}"' in page
    assert 'name="next" value="/me/"' in page
    assert not browser.signed_in

    response = browser.password(bob, next="/me/")
    assert response.url == "/login/verify/"
    second = code(NUMBER)
    assert second != first
    response = browser.post("/login/verify/", {"code": second})
    assert response.url == "/me/"
    assert browser.signed_in


def test_texted_code_logs_in(browser: Browser, alice: User) -> None:
    response = browser.password(alice)
    assert response.url == "/login/verify/"
    assert browser.post("/login/verify/", {"code": code("+447700900201")}).url == "/"
    assert browser.get("/me/activity/").status_code == 200


def test_code_can_come_by_email(browser: Browser, alice: User) -> None:
    browser.password(alice)
    response = browser.post("/login/verify/email/", follow=True)
    assert "a…@example.org" in response.content.decode()
    assert len(codes(alice.email)) == 1
    assert browser.post("/login/verify/", {"code": code(alice.email)}).url == "/"
    assert browser.session["mfa_about"]["aal"] == 1
