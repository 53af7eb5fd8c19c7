"""The rows A and B of the product, as in production, in a customer's order."""

import re

import pytest
import redis

from tests.processes.portal import ACCOUNT, PASSWORD, Company
from tests.processes.visitor import soon

pytestmark = pytest.mark.processes

ADMIN, PERSON, OTHER = "admin@example.com", "pat@example.com", "lee@example.com"
ADMIN_NUMBER, NUMBER, NEW_NUMBER = "+447546123401", "+447546123456", "+447546123999"
POLICY = "/admin/mfa/accountpolicy/1/change/"
TEST = "/admin/mfa/accountpolicy/test-message/"
MAKE = (
    "from accounts.models import User; "
    f"User.objects.create_superuser({ADMIN!r}, {PASSWORD!r}); "
    f"User.objects.create_user({PERSON!r}, {PASSWORD!r}); "
    f"User.objects.create_user({OTHER!r}, {PASSWORD!r})"
)
SAVED = {
    "portal_name": "Acme Portal",
    "accent": "#1d4ed8",
    "login_with": "email",
    "pilot_group": "",
    "enforcement": "",
    "contact": "the help desk",
    "code_life_minutes": "",
    "email_codes": "",
    "after_enrollment": "",
    "home_region": "GB",
    "allow_voip": "",
    "sms_account_id": ACCOUNT.sid,
    "sms_auth_token": "",
    "sms_phone_number": "+1 500 555 0006",
    "_continue": "Save",
}


def next_code(stack: Company, number: str, after: int) -> str:
    """Return the code of the text after this many."""
    body = soon(lambda: stack.texts(number)[after:])[0]
    return re.findall(r"\d{6}", body)[0]


@pytest.fixture(scope="module")
def walked(stack: Company) -> Company:
    """Everything until MFA is enabled: A05-A16."""
    stack.manage("shell", "-c", MAKE)
    admin = stack.visitor()
    admin.get("/admin/")
    assert admin.path == "/login/?next=%2Fadmin%2F"
    admin.password(ADMIN, PASSWORD, "/admin/")
    assert admin.path == "/admin/"
    assert admin.page.index("Security") < admin.page.index("Account Policy")

    page = admin.get(POLICY)
    labels = [
        "Enable Multi-factor authentication",
        "SMS Account ID",
        "SMS Authentication Token",
        "SMS Phone Number",
    ]
    places = [page.rindex(label) for label in labels]
    assert places == sorted(places)
    assert 'name="enabled" id="id_enabled">' in page
    assert not stack.proxy.requests

    admin.post(POLICY, **{**SAVED, "sms_account_id": "AC123"}, enabled="on")
    assert "An account ID starts with AC" in admin.page
    admin.post(POLICY, **{**SAVED, "sms_auth_token": f" {ACCOUNT.token}\u200b "}, enabled="on")
    assert "MFA is not on yet" in admin.page
    assert "Send a test message and enter its code" in admin.page
    assert f"Set, ends …{ACCOUNT.token[-4:]}" in admin.page
    assert ACCOUNT.token not in admin.page
    assert 'value="+15005550006"' in admin.page

    admin.post("/admin/mfa/accountpolicy/test-connection/")
    assert "active" in admin.page.lower()
    assert any("api.twilio.com" in line for line in stack.proxy.requests)
    assert not stack.endpoint.messages

    admin.get(TEST)
    admin.post(TEST, phone="07546 123401")
    code = next_code(stack, ADMIN_NUMBER, 0)
    admin.get(TEST)
    assert "number ending 01" in admin.page
    admin.post(TEST, code=code, own="on")
    assert "Texts work with these values" in admin.page
    admin.get("/me/security/codes/")
    admin.post("/me/security/codes/")
    admin.get(POLICY)
    admin.post(POLICY, **SAVED, enabled="on")
    assert "MFA is on for" in admin.page
    admin.get("/admin/system-settings/")
    assert "/admin/mfa/accountpolicy/" in admin.page
    return stack


def test_whole_life_of_a_person_as_in_production(walked: Company) -> None:
    """A17-A29 and B01-B12: enroll, log in, by email, change the number."""
    stack = walked
    person = stack.visitor()
    person.password(PERSON, PASSWORD)
    assert person.path == "/login/enroll/phone/"
    assert "Update Phone Number" in person.page
    for wrong in ("12345", "+44 12", "letters", "020 7946 0000"):
        person.post("/login/enroll/phone/", phone=wrong)
        assert "There is a problem" in person.page
    assert stack.texts(NUMBER) == []
    person.post("/login/enroll/phone/", phone="+4407546 123456")
    assert person.path == "/login/enroll/verify/"
    first = next_code(stack, NUMBER, 0)
    person.get("/login/enroll/verify/")
    person.post("/login/enroll/verify/", code="000000" if first != "000000" else "000001")
    assert "4 attempts left" in person.page
    person.post("/login/enroll/verify/", code=first)
    assert person.path.startswith("/login/?notice=confirmed")
    assert "Your number is verified. Log in again to continue." in person.page
    assert f'value="{PERSON}"' in person.page

    person.password(PERSON, PASSWORD)
    second = next_code(stack, NUMBER, 1)
    assert second != first
    assert "number ending 56" in person.page
    person.post("/login/verify/", code=f"{second[:3]} {second[3:]}")
    assert person.path == "/"
    assert len(stack.texts(NUMBER)) == 2
    person.get("/me/activity/")
    assert "You logged in." in person.page
    person.get("/me/")
    assert "Multi-factor Authentication" in person.page

    person.get("/me/phone/")
    person.post("/me/phone/", phone="07546 123999")
    change = next_code(stack, NEW_NUMBER, 0)
    person.post("/me/phone/verify/", code="000000" if change != "000000" else "000001")
    assert "That is not the code" in person.page
    person.post("/me/phone/verify/", code=change)
    assert person.path == "/me/?saved=phone"
    notice = soon(lambda: stack.texts(NUMBER)[2:])[0]
    assert not re.search(r"\d{6}", notice)
    assert soon(
        lambda: [m for m in stack.mailbox.mails if "99" in m.get_body(("plain",)).get_content()]
    )

    third = stack.visitor()
    third.password(PERSON, PASSWORD)
    next_code(stack, NEW_NUMBER, 1)
    third.post("/login/verify/email/")
    assert "p…@example.com" in third.page
    mail = soon(lambda: [m for m in stack.mailbox.mails if "login code" in m["subject"]])[-1]
    emailed = re.findall(r"\d{6}", mail.get_body(("plain",)).get_content())[0]
    third.post("/login/verify/", code=emailed)
    assert third.path == "/"


def test_no_secret_is_readable_while_codes_are_open(walked: Company) -> None:
    """OT-07, OT-08, LO-02, DT-03: database, queue, logs at DEBUG and all admin pages."""
    stack = walked
    admin = stack.visitor()
    sent = len(stack.texts(ADMIN_NUMBER))
    admin.password(ADMIN, PASSWORD, "/admin/")
    admin.post("/login/verify/", code=next_code(stack, ADMIN_NUMBER, sent))
    assert admin.path == "/admin/"
    person = stack.visitor()
    person.password(OTHER, PASSWORD)
    person.post("/login/enroll/phone/", phone="07546 123777")
    code = next_code(stack, "+447546123777", 0)

    pages = re.findall(r'href="(/admin/[^"#?]*)"', admin.get("/admin/"))
    rows = []
    for page in set(pages):
        rows += re.findall(r'href="(/admin/[^"#?]+/change/)', admin.get(page))
    seen = "".join(admin.get(page) for page in {*pages, *rows, POLICY, TEST})
    queue = redis.Redis.from_url(stack.env["BROKER_URL"])
    queued = "".join(str(queue.dump(key)) for key in queue.scan_iter())
    log = stack.log.read_text()
    database = stack.dump()
    assert "challenge" in log or "mfa." in log
    for secret in (code, ACCOUNT.token, PASSWORD):
        assert secret not in database
        assert secret not in queued
        assert secret not in log
        assert secret not in seen
    for number in (ADMIN_NUMBER, NUMBER, NEW_NUMBER, "+447546123777", "7546123777"):
        assert number not in log
        assert number not in seen
    person.post("/login/enroll/verify/", code=code)
    assert "notice=confirmed" in person.path


def test_disabling_mfa_lets_pending_logins_continue(walked: Company) -> None:
    """A30."""
    stack = walked
    sent = len(stack.texts(ADMIN_NUMBER))
    admin = stack.visitor()
    admin.password(ADMIN, PASSWORD, POLICY)
    admin.post("/login/verify/", code=next_code(stack, ADMIN_NUMBER, sent))
    person = stack.visitor()
    person.password(PERSON, PASSWORD)
    assert person.path == "/login/verify/"
    admin.get(POLICY)
    admin.post(POLICY, **SAVED)
    assert "will log in with just a password" in admin.page
    person.get("/login/verify/")
    assert person.path == "/login/verify/"
    admin.post(admin.path)
    person.get("/login/verify/")
    assert person.path == "/login/continue/"
    person.post("/login/continue/")
    assert person.path == "/"
    later = stack.visitor()
    later.password(PERSON, PASSWORD)
    assert later.path == "/"
