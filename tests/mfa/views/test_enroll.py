"""The pages of the first phone: titles, buttons, methods."""

import re

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, Challenge
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import Browser, code

PHONE, VERIFY, DONE = "/login/enroll/phone/", "/login/enroll/verify/", "/login/enroll/done/"


def test_the_number_has_its_field(enrolling: Browser) -> None:
    page = enrolling.get(PHONE).content.decode()
    field = re.search(r'<input[^>]*name="phone"[^>]*>', page)[0]
    assert 'type="tel"' in field
    assert 'autocomplete="tel"' in field
    assert re.search(r'<label for="id_phone">', page)


def test_texts_are_not_praised(enrolling: Browser) -> None:
    """PS-02."""
    page = enrolling.get(PHONE).content.decode()
    assert "criminals can sometimes read or redirect them" in page
    assert "An authenticator app is safer still." in page


def test_a_mistake_is_in_the_title_the_summary_and_beside_the_field(enrolling: Browser) -> None:
    page = enrolling.post(PHONE, {"phone": ""}).content.decode()
    assert re.search(r"<title>\s*Error: ", page)
    assert "There is a problem" in page
    assert 'href="#id_phone"' in page
    assert page.count("Enter your mobile number.") == 2


def test_the_typed_number_stays(enrolling: Browser) -> None:
    assert (
        'value="020 7946 0000"'
        in enrolling.post(PHONE, {"phone": "020 7946 0000"}).content.decode()
    )


def test_a_typed_script_is_escaped(enrolling: Browser) -> None:
    """WB-04."""
    page = enrolling.post(PHONE, {"phone": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


def test_the_code_page_names_the_ending_and_its_ways_out(proving: Browser) -> None:
    page = proving.get(VERIFY).content.decode()
    assert "number ending 50" in page
    assert NEW_NUMBER[3:] not in page
    assert 'href="/login/enroll/phone/"' in page
    assert 'href="/login/help/"' in page
    assert 'action="/login/verify/resend/"' in page
    assert re.search(r'<label for="id_code">\s*Code\s*</label>', page)


def test_sending_again_too_soon_stays_on_the_page(proving: Browser) -> None:
    response = proving.post("/login/verify/resend/")
    assert response.status_code == 429
    assert "Verify Code" in response.content.decode()
    assert Challenge.objects.get().sends == 1


def test_five_wrong_codes_of_a_stranger_lead_to_the_wait(proving: Browser, bob: User) -> None:
    """LG-02."""
    Browser().blame(bob, 4)
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    assert proving.post(VERIFY, {"code": wrong}).url == "/login/help/"
    assert "Too many tries." in proving.get("/login/help/").content.decode()


def test_the_last_page_says_what_comes(proving: Browser, policy: AccountPolicy) -> None:
    """EN-05."""
    policy.after_enrollment = "finish"
    policy.save()
    proving.post(VERIFY, {"code": code(NEW_NUMBER)})
    page = proving.get(DONE).content.decode()
    assert "From now on we text you a code each time you log in." in page
    assert re.search(r"<button[^>]*>\s*Finish\s*</button>", page)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("path", [PHONE, VERIFY])
def test_other_methods_are_refused(proving: Browser, path: str, method: str) -> None:
    assert getattr(proving, method)(path).status_code == 405


@pytest.mark.parametrize("path", ["/login/skip/", "/login/cancel/"])
def test_a_link_neither_skips_nor_cancels(enrolling: Browser, path: str) -> None:
    assert enrolling.get(path).status_code == 405
    assert enrolling.get(PHONE).status_code == 200


def test_charlie_sees_nothing_of_bobs_number(
    proving: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.password(charlie)
    assert other_browser.get(VERIFY).url == "/login/verify/"
    assert "number ending 50" not in other_browser.get("/login/verify/").content.decode()
