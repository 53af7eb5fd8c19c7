"""Administrators who save one form at once."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from mfa.admin.base.edits import SEEN
from mfa.models import SitePolicy
from tests.conftest import give_phone, make_user
from tests.portal.test_admin_edits import FORM, POLICY, opened
from tests.portal_client import Browser
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def saving(user: User, contact: str) -> Callable[[], int]:
    """A browser with the open form, before the button."""
    browser = Browser()
    browser.log_in(user)
    form = {**FORM, "contact": contact, SEEN: opened(browser, POLICY)}
    return lambda: browser.post(POLICY, form).status_code


@pytest.mark.parametrize("_turn", range(3))
def test_one_of_four_parallel_saves_wins(policy: SitePolicy, _turn: int) -> None:
    tabs = []
    for number in range(4):
        user = make_user(f"root{number}@example.org", is_staff=True, is_superuser=True)
        give_phone(user, f"+44770090021{number}")
        tabs.append(saving(user, f"desk {number}"))
    given = at_once(tabs)
    assert sorted(given) == [200, 200, 200, 302]
    policy.refresh_from_db()
    assert policy.contact == f"desk {given.index(302)}"


def test_two_superusers_who_change_each_other_both_save(policy: SitePolicy) -> None:
    """Each gets a notice of the other's change, and a notice refers to its reader's row."""
    roots = []
    for number in range(2):
        root = make_user(f"root{number}@example.org", is_staff=True, is_superuser=True)
        give_phone(root, f"+44770090021{number}")
        browser = Browser()
        browser.log_in(root)
        roots.append((root, browser))
    (one, ones), (two, twos) = roots
    powers = {"full_name": "", "language": "en", "is_active": "on", "is_staff": "on"}
    for group in (str(Group.objects.get(name="Support").pk), ""):
        form = {**powers, "is_superuser": "on", **({"groups": group} if group else {})}
        given = at_once(
            [
                lambda form=form: ones.post(f"/admin/accounts/user/{two.pk}/change/", form),
                lambda form=form: twos.post(f"/admin/accounts/user/{one.pk}/change/", form),
            ]
        )
        assert [answer.status_code for answer in given] == [302, 302]


@pytest.mark.parametrize("_turn", range(3))
@pytest.mark.parametrize("same", ["username", "email"])
def test_one_of_two_admins_gets_the_same_name_for_a_person(
    policy: SitePolicy, same: str, _turn: int
) -> None:
    """Issue 13: the other one reads that it exists, on the form with what they typed.

    A username is changed, an email is that of a new person.
    """
    saves = []
    for number in range(2):
        root = make_user(f"root{number}@example.org", is_staff=True, is_superuser=True)
        give_phone(root, f"+44770090021{number}")
        browser = Browser()
        browser.log_in(root)
        names = {"email": f"person{number}@example.org", "username": ""}
        path = "/admin/accounts/user/add/"
        if same == "username":
            path = f"/admin/accounts/user/{make_user(names['email']).pk}/change/"
        form = {"full_name": "Person", "language": "en", "is_active": "on", **names}
        form[same] = {"username": "same", "email": "same@example.org"}[same]
        saves.append(lambda browser=browser, path=path, form=form: browser.post(path, form))
    given = sorted(at_once(saves), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in given] == [200, 302]
    page = given[0].content.decode()
    assert "already exists" in page
    assert 'value="same' in page
    assert User.objects.filter(**{f"{same}__startswith": "same"}).count() == 1
