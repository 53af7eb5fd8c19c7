"""S21: every change in the administration asks for a factor of the last ten minutes."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group

from accounts.models import User
from tests.architecture.addresses import ADMIN
from tests.journeys.database import dump
from tests.portal_client import Browser, code

GROUPS = "/admin/auth/group/"
# They end the session, or lead to pages that ask for themselves.
OPEN = {"admin:logout", "admin:login", "admin:password_change", "admin:password_change_done"}
FORM = {"post": "yes", "name": "Evil", "email": "evil@example.org", "language": "en", "hours": "1"}


@pytest.fixture
def stale(clock: time_machine.Traveller, ruling: Browser) -> Browser:
    """A superuser whose factor is ten minutes old."""
    clock.shift(timedelta(minutes=10))
    return ruling


def test_no_address_takes_a_change_of_a_stale_session(stale: Browser) -> None:
    before = dump()
    paths = [each.path for each in ADMIN if each.name not in OPEN]
    led = {path: stale.post(path, FORM).headers.get("Location", "") for path in paths}
    assert {path: url for path, url in led.items() if not url.startswith("/me/confirm/")} == {}
    assert dump() == before


def test_a_stale_session_deletes_no_group(stale: Browser, root: User) -> None:
    group = Group.objects.create(name="Pilots")
    one = f"{GROUPS}{group.pk}/delete/"
    many = {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"}
    asked = stale.post(one, {"post": "yes"})
    assert asked.url.startswith("/me/confirm/?next=%2Fadmin%2Fauth%2Fgroup%2F")
    assert stale.post(GROUPS, many).url.startswith("/me/confirm/")
    assert Group.objects.filter(pk=group.pk).exists()
    stale.post("/me/confirm/", {"next": one})
    target = root.factors.get(kind="phone").target
    assert stale.post("/login/verify/", {"code": code(target)}).url == one
    assert stale.post(one, {"post": "yes"}).url == GROUPS
    assert not Group.objects.filter(pk=group.pk).exists()


def test_a_button_without_a_page_leads_back_to_the_page_that_has_it(stale: Browser) -> None:
    answer = stale.post("/admin/mfa/accountpolicy/try-texts/")
    assert "next=%2Fadmin%2Fmfa%2Faccountpolicy%2F&" in answer.url


def test_a_stale_session_can_still_log_out(stale: Browser) -> None:
    assert stale.post("/admin/logout/").url == "/login/"
    assert not stale.signed_in
