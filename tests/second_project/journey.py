"""A login in the second project, from the password to a page that requires a fresh factor."""

import re

import pytest
from django.test import Client, TestCase
from django.utils import timezone

from mfa.models import OutboxMessage, SitePolicy
from mfa.session_engine import Session, SessionStore
from tests.second_project.models import Person

PHONE = "+447700900123"
PASSWORD = "correct horse battery staple"


class Browser(Client):
    def request(self, **request: object) -> object:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**request)


@pytest.fixture
def ann(db: None) -> Person:
    site = SitePolicy.load()
    site.enabled, site.home_region = True, "GB"
    site.save()
    person = Person(email="ann@example.org", last_login=timezone.now())
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(browser: Browser) -> object:
    form = {"email": "ann@example.org", "password": PASSWORD}
    return browser.post("/sign-in/", form, follow=True)


def newest_code() -> str:
    return re.search(r"\b\d{6}\b", OutboxMessage.objects.filter(target=PHONE).latest("pk").body)[0]


def test_login_enrolls_phone_and_has_level(ann: Person) -> None:
    browser = Browser()
    assert sign_in(browser).request["PATH_INFO"] == "/login/enroll/phone/"
    browser.post("/login/enroll/phone/", {"phone": PHONE})
    browser.post("/login/enroll/verify/", {"code": newest_code()})
    assert browser.get("/").status_code == 302
    assert sign_in(browser).request["PATH_INFO"] == "/login/verify/"
    page = browser.post("/login/verify/", {"code": newest_code()}, follow=True)
    assert page.request["PATH_INFO"] == "/"
    assert "Level 2" in page.content.decode()
    assert browser.get("/salary/").status_code == 200


def test_stale_login_confirms_before_salary_page(ann: Person) -> None:
    browser = Browser()
    test_login_enrolls_phone_and_has_level(ann)
    sign_in(browser)
    browser.post("/login/verify/", {"code": newest_code()})
    store = SessionStore(browser.cookies["sessionid"].value)
    about = store["mfa_about"]
    store["mfa_about"] = {**about, "proofs": dict.fromkeys(about["proofs"], 0.0)}
    store.save()
    confirm = browser.get("/salary/")
    assert confirm.url == "/confirm/?next=%2Fsalary%2F"
    browser.post(confirm.url)
    back = browser.post("/login/verify/", {"code": newest_code()}, follow=True)
    assert back.request["PATH_INFO"] == "/salary/"
    assert Session.objects.filter(user=ann, aal=2).exists()
