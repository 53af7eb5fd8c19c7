"""The virtual phone shows pushes, and works without a push service."""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from mfa.channels import webpush
from mfa.rules.methods import Method
from tests.phones import KEY, WAIT, Phone, number_on, words
from tests.portal_client import Browser
from tests.push_service import PushService


class Virtual(Phone):
    """The demo's phone, which needs no service."""

    endpoint = webpush.VIRTUAL


@pytest.fixture
def phone(alice: User, settings) -> Phone:
    settings.VAPID_PRIVATE_KEY = KEY
    computer, phone = Browser(), Virtual(PushService())
    computer.log_in(alice)
    page = computer.post("/me/security/push/")
    phone.pair(page.content.decode().split("data-phone-code>")[1].split("<")[0].replace("-", ""))
    phone.answer(number_on(computer.get("/me/security/push/")), request=newest())
    computer.post("/me/security/push/", {"name": "Demo"})
    return phone


def newest() -> str:
    """Return the id in the newest link of the virtual phone."""
    page = Browser().get("/demo/phone/").content.decode()
    return page.split('href="http://testserver/approve/')[1].split("/")[0]


def test_virtual_phone_shows_push_and_approves(browser: Browser, alice: User, phone: Phone) -> None:
    browser.password(alice)
    page = words(Browser().get("/demo/phone/"))
    assert "Someone is logging in to your account." in page
    assert "Chrome on Android" in page
    phone.answer(number_on(browser.get(WAIT)), request=newest())
    assert browser.post(WAIT).url == "/"


def test_people_of_the_demo_can_add_the_virtual_phone(db: None, settings) -> None:
    settings.VAPID_PRIVATE_KEY = KEY
    call_command("demo", stdout=StringIO())
    assert Method.PUSH in User.objects.get(email="ben@example.com").mfa_policy.offered


def test_virtual_phone_is_for_the_demo(settings) -> None:
    """push5."""
    assert webpush.read_endpoint(webpush.VIRTUAL).is_test
    settings.DEMO = False
    with pytest.raises(webpush.RefusedError):
        webpush.read_endpoint(webpush.VIRTUAL)
