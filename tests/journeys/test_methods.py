"""Methods outside the policy cannot be set up by any page, link or late code."""

from dataclasses import replace

import pytest

from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from mfa.rules.methods import Method
from mfa.rules.policy import Layer, Policy
from tests.conftest import make_user
from tests.organizations import join, organization
from tests.portal_client import Browser, code

NUMBER = "+447700900250"
PHONE, VERIFY, APP = "/login/enroll/phone/", "/login/enroll/verify/", "/login/enroll/app/"
RESEND = "/login/verify/resend/"
FORM = "/admin/mfa/accountpolicy/1/change/"


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch):
    """The methods that a level allows."""
    folded = User.mfa_policy.func

    def narrow(*methods: Method, **more: object) -> None:
        def mfa_policy(user: User) -> Policy:
            return replace(folded(user), methods=frozenset(methods), **more)

        monkeypatch.setattr(User, "mfa_policy", property(mfa_policy))

    return narrow


def test_without_phones_login_sets_up_app(browser: Browser, bob: User, allow) -> None:
    allow(Method.APP)
    assert browser.password(bob).url == APP
    assert browser.get(PHONE).url == APP
    assert browser.post(PHONE, {"phone": NUMBER}).url == APP
    assert not OutboxMessage.objects.filter(target=NUMBER).exists()


def test_earlier_texted_code_adds_no_phone(browser: Browser, bob: User, allow) -> None:
    """It would have locked the person out, because no route uses it."""
    browser.password(bob)
    browser.post(PHONE, {"phone": NUMBER})
    allow(Method.APP)
    assert browser.get(VERIFY).url == APP
    assert browser.post(VERIFY, {"code": code(NUMBER)}).url == APP
    assert browser.post(RESEND).url == APP
    assert not bob.factors.exists()
    assert User.objects.get(pk=bob.pk).ever_bound_at is None


def test_earlier_code_to_closed_country_adds_no_phone(browser: Browser, bob: User, allow) -> None:
    browser.password(bob)
    browser.post(PHONE, {"phone": NUMBER})
    allow(*Method, enroll_regions=frozenset({"FR"}))
    assert browser.post(VERIFY, {"code": code(NUMBER)}).url == PHONE
    assert not bob.factors.exists()


def test_without_apps_no_app_is_set_up(browser: Browser, bob: User, allow) -> None:
    browser.password(bob)
    browser.post(APP)
    allow(Method.PHONE)
    assert browser.get(APP).url == PHONE
    assert browser.post(APP, {"code": "123456"}).url == PHONE
    assert not bob.factors.exists()


def test_page_without_methods_shows_contact(browser: Browser, bob: User, allow) -> None:
    allow(Method.RECOVERY_CODES)
    assert browser.password(bob).url == "/login/enroll/"
    for path in (PHONE, APP, VERIFY):
        assert browser.get(path).url == "/login/enroll/"
    page = browser.get("/login/enroll/").content.decode()
    assert "You can't set this up yourself." in page
    assert "the help desk" in page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (Method.PHONE, "/me/phone/"),
        (Method.APP, "/me/security/app/"),
        (Method.RECOVERY_CODES, "/me/security/codes/"),
    ],
)
def test_logged_in_person_cannot_add_closed_method(
    home: Browser, allow, method: Method, path: str
) -> None:
    assert home.get(path).status_code == 200
    allow(*(frozenset(Method) - {method}))
    assert home.get(path).status_code == 404
    assert home.post(path, {"phone": NUMBER}).status_code == 404
    pages = home.get("/me/").content.decode() + home.get("/me/security/").content.decode()
    assert f'"{path}"' not in pages


def test_number_change_ends_if_phones_are_closed(home: Browser, alice: User, allow) -> None:
    home.post("/me/phone/", {"phone": NUMBER})
    allow(Method.APP)
    assert home.post("/me/phone/verify/", {"code": code(NUMBER)}).url == "/me/phone/"
    assert home.post("/me/phone/verify/resend/").url == "/me/phone/"
    assert not alice.factors.filter(target=NUMBER).exists()


def test_staff_without_recovery_codes_in_policy_can_log_in(browser: Browser, allow, db) -> None:
    """The page that makes them would have nothing to offer."""
    allow(Method.PHONE)
    policy = SitePolicy.load()
    policy.enabled, policy.home_region, policy.after_enrollment = True, "GB", "continue"
    policy.sms.values = ("AC" + "0" * 32, "t" * 32, "+15005550006")
    policy.save()
    policy.sms.save()
    browser.password(make_user("sam@example.org", is_staff=True))
    browser.post(PHONE, {"phone": NUMBER})
    browser.post(VERIFY, {"code": code(NUMBER)})
    assert browser.signed_in


def test_administrator_cannot_assign_number_if_phones_are_closed(
    office: Browser, alice: User, allow
) -> None:
    allow(Method.APP)
    page = office.post(
        f"/support/people/{alice.pk}/number/", {"phone": NUMBER, "reason": "lost"}
    ).content.decode()
    assert "allows no phones" in page.replace("&#x27;", "'")
    assert not alice.factors.filter(target=NUMBER).exists()


@pytest.fixture
def nurses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role whose people have French numbers."""
    layer = Layer(name="nurses", enroll_regions=frozenset({"FR"}))
    monkeypatch.setattr(User, "role_layers", (*User.role_layers, layer))


def test_policy_that_leaves_role_no_country_is_not_saved(
    office: Browser, policy: SitePolicy, nurses: None
) -> None:
    kept = {
        "sms_account_id": policy.sms.account_id,
        "sms_phone_number": policy.sms.phone_number,
    }
    data = {**kept, "enabled": "on", "home_region": "GB", "enroll_countries": ["GB"]}
    page = office.post(FORM, data).content.decode()
    assert "This policy leaves no country whose numbers people can set up (site, nurses)" in page
    assert SitePolicy.load().enroll_countries == []
    assert office.post(FORM, {**data, "enroll_countries": ["GB", "FR"]}).status_code == 302


def test_stored_empty_policy_locks_nobody_out(browser: Browser, root: User, caplog) -> None:
    join(root, organization("Nurses", enroll_countries=["FR"]))
    SitePolicy.objects.update(enroll_countries=["GB"])
    browser.log_in(root)
    assert browser.signed_in
    assert "no countries left by site, Nurses" in caplog.text


def test_home_country_always_gets_texts(browser: Browser, bob: User, policy: SitePolicy) -> None:
    """As the form says: "and always those above"."""
    policy.text_countries = ["FR"]
    policy.full_clean(exclude=["sms_account_id"])
    policy.save()
    browser.password(bob)
    assert browser.post(PHONE, {"phone": NUMBER}).url == VERIFY
