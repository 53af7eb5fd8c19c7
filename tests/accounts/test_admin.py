"""People in the administration: powers are for superusers to give."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from mfa.models import AccountPolicy, OutboxMessage
from tests.conftest import give_phone, make_user
from tests.portal_client import PASSWORD, Browser

USERS = "/admin/accounts/user/"
GROUPS = "/admin/auth/group/"
NEW = "another long enough one"


@pytest.fixture
def admin(browser: Browser, policy: AccountPolicy) -> Browser:
    """Ada of Administrators, no superuser, logged in."""
    ada = make_user("ada@example.org", is_staff=True)
    ada.groups.add(Group.objects.get(name="Administrators"))
    give_phone(ada, "+447700900205")
    browser.log_in(ada)
    return browser


@pytest.fixture
def office(other_browser: Browser, root: User) -> Browser:
    other_browser.log_in(root)
    return other_browser


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def details(user: User, **more: str) -> dict[str, str]:
    return {"full_name": user.full_name, "language": "en", "is_active": "on", **more}


def test_an_administrator_renames_and_disables_people(admin: Browser, bob: User) -> None:
    form = details(bob, full_name="Robert")
    del form["is_active"]
    admin.post(page_of(bob), form)
    bob.refresh_from_db()
    assert (bob.full_name, bob.is_active) == ("Robert", False)


@pytest.mark.parametrize(
    ("field", "value"),
    [("is_staff", "on"), ("is_superuser", "on"), ("groups", "1"), ("user_permissions", "1")],
)
def test_an_administrator_gives_nobody_powers(
    admin: Browser, bob: User, field: str, value: str
) -> None:
    admin.post(page_of(bob), details(bob, **{field: value}))
    bob.refresh_from_db()
    assert not bob.is_staff
    assert not bob.is_superuser
    assert not bob.groups.exists()
    assert not bob.user_permissions.exists()


@pytest.mark.parametrize("path", ["change/", "../{}/password/"])
def test_staff_are_out_of_an_administrators_reach(admin: Browser, root: User, path: str) -> None:
    """RV-06: neither their names nor their passwords."""
    urls = {"change/": page_of(root), "../{}/password/": f"{USERS}{root.pk}/password/"}
    form = details(root, full_name="Evil", password1=NEW, password2=NEW)
    assert admin.post(urls[path], form).status_code == 403
    root.refresh_from_db()
    assert root.full_name == ""
    assert root.check_password(PASSWORD)


def test_an_administrator_does_not_promote_himself(admin: Browser) -> None:
    ada = User.objects.get(email="ada@example.org")
    form = details(ada, is_superuser="on", is_staff="on")
    assert admin.post(page_of(ada), form).status_code == 403
    ada.refresh_from_db()
    assert not ada.is_superuser


def test_a_superuser_without_the_staff_flag_is_out_of_reach_too(admin: Browser) -> None:
    hidden = make_user("hidden@example.org", is_superuser=True)
    assert admin.post(page_of(hidden), details(hidden, full_name="Evil")).status_code == 403


def test_an_administrator_changes_no_group(admin: Browser) -> None:
    group = Group.objects.get(name="Administrators")
    assert admin.get(f"{GROUPS}{group.pk}/change/").status_code == 200
    assert admin.post(f"{GROUPS}{group.pk}/change/", {"name": "Evil"}).status_code == 403
    assert admin.post(f"{GROUPS}add/", {"name": "Evil"}).status_code == 403
    assert admin.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Group.objects.count() == 2


@pytest.mark.parametrize("station", ["admin", "office"])
def test_nobody_moves_an_email(request: pytest.FixtureRequest, bob: User, station: str) -> None:
    """Codes and notices go there: whoever could change it would own the account."""
    browser = request.getfixturevalue(station)
    browser.post(page_of(bob), details(bob, email="evil@example.org"))
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"


def test_an_administrator_adds_a_person(admin: Browser) -> None:
    form = {"email": "New@Example.org", "full_name": "New", "password1": NEW, "password2": NEW}
    admin.post(f"{USERS}add/", form)
    new = User.objects.get(email="new@example.org")
    assert not new.is_staff
    assert new.check_password(NEW)


@pytest.mark.parametrize("password", ["short", "x" * 257, "1q2w3e4r5t6y7u8i"])
def test_the_rules_of_passwords_hold_there_too(admin: Browser, password: str) -> None:
    """PW-01."""
    form = {"email": "new@example.org", "password1": password, "password2": password}
    admin.post(f"{USERS}add/", form)
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
def test_nobody_is_added_with_powers(admin: Browser, field: str) -> None:
    form = {"email": "new@example.org", "password1": NEW, "password2": NEW, field: "on"}
    admin.post(f"{USERS}add/", form)
    assert not User.objects.get(email="new@example.org").is_staff
    assert not User.objects.get(email="new@example.org").is_superuser


def test_a_set_password_is_told_to_its_owner_and_ends_sessions(
    admin: Browser, other_browser: Browser, alice: User
) -> None:
    """NT-01, SS-06."""
    other_browser.log_in(alice)
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    admin.post(f"{USERS}{alice.pk}/password/", form)
    assert other_browser.get("/me/").status_code == 302
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == alice.email
    assert NEW not in mail.body


def test_a_superuser_gives_powers(office: Browser, bob: User) -> None:
    group = Group.objects.get(name="Support")
    office.post(page_of(bob), details(bob, is_staff="on", groups=str(group.pk)))
    bob.refresh_from_db()
    assert bob.is_staff
    assert bob.groups.get() == group


def test_a_person_without_a_username_can_be_saved(office: Browser, bob: User) -> None:
    office.post(page_of(bob), details(bob, full_name="Robert", username=""))
    bob.refresh_from_db()
    assert (bob.full_name, bob.username) == ("Robert", None)


def test_nobody_sees_a_hash(office: Browser, alice: User) -> None:
    """DT-03."""
    assert "md5$" not in office.get(page_of(alice)).content.decode()
    assert "md5$" not in office.get(USERS).content.decode()


@pytest.mark.parametrize(
    "lookup", ["password__startswith=md5", "factors__target__startswith=%2B44"]
)
def test_no_filter_guesses_a_secret(admin: Browser, alice: User, lookup: str) -> None:
    assert admin.get(f"{USERS}?{lookup}").status_code in {302, 400}


def test_the_password_of_a_person_is_not_in_the_history(admin: Browser, bob: User) -> None:
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    admin.post(f"{USERS}{bob.pk}/password/", form)
    assert NEW not in admin.get(f"{USERS}{bob.pk}/history/").content.decode()


def test_support_reads_people_and_changes_none(
    browser: Browser, policy: AccountPolicy, bob: User
) -> None:
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    assert browser.get(page_of(bob)).status_code == 200
    assert browser.post(page_of(bob), details(bob, full_name="Evil")).status_code == 403
    assert browser.post(f"{USERS}{bob.pk}/password/", {}).status_code == 403
    bob.refresh_from_db()
    assert bob.full_name == "Bob"


def test_charlie_is_kept_out(other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(USERS).status_code == 403
    assert other_browser.get(page_of(charlie)).status_code == 403
