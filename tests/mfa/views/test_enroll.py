"""The pages of the first phone: titles, buttons, HTTP methods."""

import re

import pytest

from accounts.models import User
from mfa import factors
from mfa.audit import NOWHERE
from mfa.models import Challenge, Delivery, Factor, OutboxMessage, SitePolicy
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import Browser, code

PHONE, VERIFY, DONE = "/login/enroll/phone/", "/login/enroll/verify/", "/login/enroll/done/"


def test_page_has_number_field(enrolling: Browser) -> None:
    page = enrolling.get(PHONE).content.decode()
    field = re.search(r'<input[^>]*name="phone"[^>]*>', page)[0]
    assert 'type="tel"' in field
    assert 'autocomplete="tel"' in field
    assert re.search(r'<label for="id_phone">', page)


def test_page_names_risks_of_texts(enrolling: Browser) -> None:
    """PS-02."""
    page = enrolling.get(PHONE).content.decode()
    assert "Text codes are less secure than an authenticator app." in page


def test_mistake_is_in_title_summary_and_beside_field(enrolling: Browser) -> None:
    page = enrolling.post(PHONE, {"phone": ""}).content.decode()
    assert re.search(r"<title>\s*Error: ", page)
    assert "There is a problem" in page
    assert 'href="#id_phone"' in page
    assert page.count("Enter your mobile number.") == 2


def test_typed_number_stays(enrolling: Browser) -> None:
    assert (
        'value="020 7946 0000"'
        in enrolling.post(PHONE, {"phone": "020 7946 0000"}).content.decode()
    )


@pytest.fixture
def proposed(enrolling: Browser, bob: User) -> Browser:
    """Bob at the form, with a number that he typed at registration."""
    factors.propose_phone(bob, "+447700900250", client=NOWHERE)
    return enrolling


def test_proposed_number_is_filled_in_and_texted_only_on_click(
    proposed: Browser, bob: User
) -> None:
    """C11, C12: the row of the proposed number becomes the phone."""
    assert 'value="+44 7700 900250"' in proposed.get(PHONE).content.decode()
    assert not OutboxMessage.objects.exists()
    proposed.post(PHONE, {"phone": "+44 7700 900250"})
    proposed.post(VERIFY, {"code": code("+447700900250")})
    assert [row.status for row in bob.factors.all()] == ["active"]


def test_proposed_number_can_be_edited(proposed: Browser, bob: User) -> None:
    """C11: the code goes to the edited number, and the proposed one is gone."""
    proposed.post(PHONE, {"phone": "+44 7700 900251"})
    proposed.post(VERIFY, {"code": code("+447700900251")})
    assert [(row.target, row.status) for row in bob.factors.all()] == [("+447700900251", "active")]
    assert not OutboxMessage.objects.filter(target="+447700900250").exists()


def test_proposed_landline_is_shown_with_the_reason(enrolling: Browser, bob: User) -> None:
    """C02, M04."""
    factors.propose_phone(bob, "+442079460123", client=NOWHERE)
    page = enrolling.get(PHONE).content.decode()
    assert "+44 20 7946 0123 looks like a landline or special-rate number" in page
    assert 'value="+44 20 7946 0123"' in page
    assert not OutboxMessage.objects.exists()


def test_proposed_number_is_no_factor(proposed: Browser, bob: User) -> None:
    """EN-01: it gets no notice, and nothing counts it as a number that the person had."""
    proposed.post(PHONE, {"phone": "+44 7700 900251"})
    proposed.post("/login/cancel/")
    bob.refresh_from_db()
    assert bob.ever_bound_at is None
    assert (factors.numbers_of(bob), factors.last_number(bob)) == ([], "")
    Factor.objects.filter(user=bob).end()
    assert not bob.factors.exists()


def test_typed_script_is_escaped(enrolling: Browser) -> None:
    """WB-04."""
    page = enrolling.post(PHONE, {"phone": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


def test_code_page_shows_the_new_number_in_full_beside_use_another_number(
    proving: Browser,
) -> None:
    """P06: a typing mistake can be seen, with and without a failure."""
    page = proving.get(VERIFY).content.decode()
    assert "We texted a code to <strong>+44 7700 900250</strong>." in page
    assert page.index("900250") < page.index("Use another number") < page.index("data-code-form")
    Delivery.objects.update(state=Delivery.State.FAILED)
    page = proving.get(VERIFY).content.decode()
    assert page.index("900250") < page.index("Use another number") < page.index("data-code-form")


def test_confirmed_number_stays_masked(finishing: Browser, bob: User) -> None:
    finishing.post("/login/enroll/done/")
    asked = Browser()
    asked.password(bob)
    page = asked.get("/login/verify/").content.decode()
    assert "number ending 50" in page
    assert "900250" not in page


def test_code_page_names_its_ways_out(proving: Browser) -> None:
    page = proving.get(VERIFY).content.decode()
    assert "123456 is your phone set-up code." in page
    assert 'href="/login/enroll/phone/"' in page
    assert 'href="/login/help/"' in page
    assert 'action="/login/verify/resend/"' in page
    assert re.search(r'<label for="id_code">\s*Code\s*</label>', page)


def test_sending_again_too_soon_stays_on_the_page(proving: Browser) -> None:
    response = proving.post("/login/verify/resend/")
    assert response.status_code == 429
    assert "Verify Code" in response.content.decode()
    assert Challenge.objects.get().sends == 1


def test_five_wrong_codes_on_unrecognized_device_cause_lockout(proving: Browser, bob: User) -> None:
    """LG-02."""
    Browser().blame(bob, 4)
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    assert proving.post(VERIFY, {"code": wrong}).url == "/login/help/"
    assert "Too many attempts." in proving.get("/login/help/").content.decode()


def test_last_page_explains_next_login(proving: Browser, policy: SitePolicy) -> None:
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
def test_get_request_neither_skips_nor_cancels(enrolling: Browser, path: str) -> None:
    assert enrolling.get(path).status_code == 405
    assert enrolling.get(PHONE).status_code == 200


def test_charlie_cannot_see_bobs_number(
    proving: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.password(charlie)
    assert other_browser.get(VERIFY).url == "/login/verify/"
    assert "number ending 50" not in other_browser.get("/login/verify/").content.decode()
