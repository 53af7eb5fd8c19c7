"""The admin requires the portal's own login and second step (LG-06, AZ-03)."""

import pytest
from django.contrib.auth.models import Group
from django.utils.http import urlencode

from accounts.models import User
from mfa.models import SitePolicy
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code

INDEX = "/admin/"


@pytest.fixture
def weak(browser: Browser, root: User, policy: SitePolicy) -> Browser:
    """A superuser who logged in by password while MFA was off. Now it is on."""
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    browser.password(root)
    policy.enabled = True
    policy.save()
    return browser


@pytest.mark.parametrize("path", [INDEX, "/admin/mfa/accountpolicy/", "/admin/no-such-page/"])
def test_anonymous_visitors_go_to_portal_login_and_back(
    browser: Browser, db: None, path: str
) -> None:
    response = browser.get(path, follow=True)
    assert response.request["PATH_INFO"] == "/login/"
    assert response.context["next"] == path


def test_admin_has_no_login_form(browser: Browser, db: None) -> None:
    assert browser.get("/admin/login/").url == "/login/?next=%2Fadmin%2F"
    assert browser.post("/admin/login/", {"username": "x", "password": "x"}).status_code == 302


def test_login_leads_back_to_it(browser: Browser, root: User) -> None:
    page = browser.get("/admin/mfa/factor/", follow=True)
    browser.password(root, next=page.context["next"])
    response = browser.post("/login/verify/", {"code": code("+447700900204")})
    assert response.url == "/admin/mfa/factor/"


@pytest.mark.parametrize(
    "path", [INDEX, "/admin/mfa/factor/", "/admin/no-such-page/", "/admin/jsi18n/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_people_who_are_not_staff_get_403(home: Browser, path: str, method: str) -> None:
    response = getattr(home, method)(path)
    assert response.status_code == 403
    assert "You don't have access to this page" in response.content.decode()


@pytest.mark.parametrize(
    "path", [INDEX, "/admin/mfa/accountpolicy/1/change/", "/admin/accounts/user/"]
)
@pytest.mark.parametrize(("method", "notice"), [("get", {}), ("post", {"notice": "unsaved"})])
def test_staff_without_second_step_are_asked(
    weak: Browser, path: str, method: str, notice: dict[str, str]
) -> None:
    """EM-01, K17, SS-10: at the next request; after a POST the page says that nothing was saved."""
    asked = urlencode({"next": path, **notice})
    assert getattr(weak, method)(path).url == f"/me/confirm/?{asked}"


def test_staff_without_second_step_are_asked_everywhere(weak: Browser) -> None:
    """K17."""
    assert weak.get("/me/").url == "/me/confirm/?next=%2Fme%2F"


def test_staff_can_continue_after_second_step(weak: Browser) -> None:
    weak.post("/me/confirm/", {"next": INDEX})
    assert weak.post("/login/verify/", {"code": code("+447700900204")}).url == INDEX
    assert weak.get(INDEX).status_code == 200


def test_staff_who_never_had_one_enroll_at_the_login(browser: Browser, policy: SitePolicy) -> None:
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    browser.password(make_user("sam@example.org", is_staff=True))
    policy.enabled = True
    policy.save()
    response = browser.get(INDEX)
    assert response.status_code == 403
    page = response.content.decode()
    assert "Log in again" in page
    assert 'action="/logout/"' in page


def test_email_is_not_a_second_step_for_admin(asked: Browser, alice: User) -> None:
    """EM-01: a person who logged in by email and became staff since."""
    asked.post("/login/verify/email/")
    asked.post("/login/verify/", {"code": code(alice.email)})
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    assert asked.get(INDEX).url.startswith("/me/confirm/")


def test_person_who_skipped_and_became_staff_is_asked(
    browser: Browser, bob: User, optional: SitePolicy
) -> None:
    browser.password(bob)
    browser.post("/login/skip/")
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    assert browser.get(INDEX).status_code == 403


def test_staff_outside_the_pilot_group_need_their_second_step(
    browser: Browser, policy: SitePolicy
) -> None:
    """S05: the pilot group does not apply to staff."""
    from django.contrib.auth.models import Group

    policy.pilot_group = Group.objects.create(name="Pilots")
    policy.save()
    response = browser.password(make_user("sam@example.org", is_staff=True))
    assert response.url == "/login/enroll/phone/"
    assert browser.get(INDEX).status_code == 302


def test_disabled_administrator_has_no_access(office: Browser, root: User) -> None:
    User.objects.filter(pk=root.pk).update(is_active=False)
    assert office.get(INDEX).status_code == 302


def test_former_administrator_has_no_access(office: Browser, root: User) -> None:
    User.objects.filter(pk=root.pk).update(is_staff=False, is_superuser=False)
    assert office.get(INDEX).status_code == 403


def test_staff_without_any_permission_see_an_empty_index(
    browser: Browser, policy: SitePolicy
) -> None:
    sam = make_user("sam@example.org", is_staff=True)
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    page = browser.get(INDEX).content.decode()
    assert "Account Policy" not in page
    assert "/admin/mfa/" not in page


def test_admin_logout_ends_session(office: Browser) -> None:
    """SS-04."""
    assert office.get("/admin/logout/").status_code == 405
    response = office.post("/admin/logout/")
    assert response.url == "/login/"
    assert "Clear-Site-Data" not in response.headers
    assert not office.signed_in


def test_password_is_changed_on_portals_page(office: Browser) -> None:
    assert office.get("/admin/password_change/").url == "/me/password/"
    assert office.get("/admin/password_change/done/").url == "/me/password/"


def test_admin_pages_link_back_to_portal(office: Browser) -> None:
    page = office.get(INDEX).content.decode()
    assert 'href="/"' in page
    assert 'href="/me/"' in page
    assert 'action="/logout/"' in page


def test_app_page_lists_only_that_app(office: Browser) -> None:
    page = office.get("/admin/mfa/").content.decode()
    assert "Account Policy" in page
    assert 'class="app-system_settings' not in page.split('id="content')[1]


def test_stock_pages_name_the_administration_and_end_labels_without_colon(
    office: Browser, root: User
) -> None:
    group = Group.objects.first()
    change = f"/admin/auth/group/{group.pk}/"
    tails = ("change/", "history/", "delete/")
    places = ["/admin/auth/group/", "/admin/auth/group/add/", "/admin/accounts/"]
    pages = {path: office.get(path).text for path in [*places, *(change + each for each in tails)]}
    lost = [path for path, page in pages.items() if ">Administration</a>" not in page]
    assert (lost, [path for path, page in pages.items() if ">Home</a>" in page]) == ([], [])
    assert ":</label>" not in pages["/admin/auth/group/add/"]


def test_unknown_page_is_404(office: Browser) -> None:
    assert office.get("/admin/no-such-page/").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/mfa/pause/abc/change/", 302),
        ("/admin/mfa/pause/9999999999999999999999/change/", 302),
        ("/admin/mfa/sendblock/a%00b/change/", 400),
        ("/admin/mfa/auditevent/?event=a%00b", 400),
    ],
)
def test_values_outside_columns_cause_no_error(office: Browser, path: str, status: int) -> None:
    """The test client raises what would be a 500."""
    assert office.get(path).status_code == status


def test_no_admin_page_has_inline_code(office: Browser) -> None:
    """WB-02: the policy forbids it."""
    for path in (INDEX, "/admin/mfa/accountpolicy/1/change/", "/admin/mfa/factor/"):
        page = office.get(path).content.decode()
        assert " style=" not in page
        assert " onclick=" not in page
