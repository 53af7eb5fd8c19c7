"""An emailed link or code works once, for one factor at most (X5, Keycloak CVE-2026-37982).

There posting a link again enrolled a second authenticator.
"""

import re
from collections import Counter
from functools import partial

import pytest
from django.http import HttpResponse

from accounts.models import User
from accounts.people import resets
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, Factor
from tests.advisories.trial import newest_code
from tests.authenticator import shows, typed_in
from tests.portal_client import PASSWORD, Browser
from tests.races.parallel import at_once
from tests.stations import PHONE, mailed_link

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20
NEW_PASSWORD = "another long enough one"
NEW_NUMBER = "+447700900250"
FORM = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


def twin(browser: Browser) -> Browser:
    """One more tab of the same browser."""
    other = Browser()
    other.cookies = browser.cookies.copy()
    return other


def outcomes(given: list[HttpResponse]) -> Counter[str]:
    return Counter(page.headers.get("Location", str(page.status_code)) for page in given)


def tabs_with_the_form(user: User) -> list[Browser]:
    """Many browsers that pressed the button of the same link."""
    uid, token = mailed_link()
    tabs = [Browser() for _ in range(MANY)]
    assert {tab.post(f"/password/reset/{uid}/{token}/").url for tab in tabs} == {"/password/new/"}
    return tabs


def ask_for_a_reset(user: User) -> None:
    Browser().post("/password/forgot/", {"email": user.email})


def send_a_link(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="!none")
    user.refresh_from_db()
    assert resets.send(user, client=NOWHERE, by=user.pk)


@pytest.mark.parametrize(
    ("mail", "leads_to"),
    [(ask_for_a_reset, "/login/?notice=reset"), (send_a_link, PHONE)],
)
def test_only_one_of_twenty_tabs_sets_password(bob: User, mail, leads_to: str) -> None:
    """X5, RV-01: a reset link, and one sent by an administrator."""
    mail(bob)
    tabs = tabs_with_the_form(bob)
    given = at_once([partial(tab.post, "/password/new/", FORM) for tab in tabs])
    assert outcomes(given) == {
        leads_to: 1,
        "/password/forgot/?notice=ended": MANY - 1,
    }
    assert AuditEvent.objects.filter(event=Event.PASSWORD_RESET).count() == 1
    uid, token = mailed_link()
    assert Browser().post(f"/password/reset/{uid}/{token}/").status_code == 410


def test_only_one_of_twenty_posts_changes_email(alice: User) -> None:
    """X5, EM-06."""
    home = Browser()
    home.log_in(alice)
    home.post("/me/email/", {"email": "alice@new.example"})
    uid, token = mailed_link()
    path = f"/me/email/{uid}/{token}/"
    given = at_once([partial(Browser().post, path) for _ in range(MANY)])
    assert outcomes(given) == {"/login/?notice=email": 1, "410": MANY - 1}
    assert AuditEvent.objects.filter(event=Event.EMAIL_CHANGED).count() == 1


def test_only_one_of_twenty_emailed_codes_opens_enrollment(alice: User) -> None:
    """X5, EM-03: recovery, and the phone that replaces the lost one."""
    Factor.objects.filter(user=alice).update(status="disabled")
    browser = Browser()
    browser.password(alice)
    browser.post("/login/mailbox/")
    mailed = {"code": newest_code()}
    at_once([partial(twin(browser).post, "/login/mailbox/", mailed) for _ in range(MANY)])
    assert AuditEvent.objects.filter(event=Event.MAILBOX_PROVEN).count() == 1
    browser.post(PHONE, {"phone": NEW_NUMBER})
    texted = {"code": newest_code()}
    at_once([partial(twin(browser).post, "/login/enroll/verify/", texted) for _ in range(MANY)])
    assert Factor.objects.usable().filter(user=alice).values_list("target").get() == (NEW_NUMBER,)
    assert AuditEvent.objects.filter(event=Event.CODE_RIGHT).count() == 2


def test_only_one_of_twenty_posts_adds_app(bob: User) -> None:
    """X5: at most one factor."""
    browser = Browser()
    browser.password(bob)
    page = browser.post("/login/enroll/app/").content.decode()
    secret = typed_in(re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1])
    right = {"code": shows(secret), "name": "Phone"}
    at_once([partial(twin(browser).post, "/login/enroll/app/", right) for _ in range(MANY)])
    assert Factor.objects.filter(user=bob).count() == 1


def test_second_parallel_enrollment_adds_no_factor(bob: User) -> None:
    """X5: two browsers with the right password, each with its own number."""
    numbers = ("+447700900251", "+447700900252")
    browsers = [Browser() for _ in numbers]
    posts = []
    for browser, number in zip(browsers, numbers, strict=True):
        browser.password(bob)
        browser.post(PHONE, {"phone": number})
        right = {"code": newest_code()}
        posts += [partial(twin(browser).post, "/login/enroll/verify/", right) for _ in range(10)]
    at_once(posts)
    assert Factor.objects.usable().filter(user=bob).count() == 1
    assert Browser().password(bob, PASSWORD).url == "/login/verify/"
