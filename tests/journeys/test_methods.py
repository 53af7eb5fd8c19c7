"""What the policy does not allow can be set up on no page, by no link and by no late code."""

from dataclasses import replace

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, OutboxMessage
from mfa.rules.policy import Layer, Method, Policy
from tests.conftest import make_user
from tests.portal_client import Browser, code

NUMBER = "+447700900250"
PHONE, VERIFY, APP = "/login/enroll/phone/", "/login/enroll/verify/", "/login/enroll/app/"
RESEND = "/login/verify/resend/"
FORM = "/admin/mfa/accountpolicy/1/change/"


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch):
    """The methods that a level leaves."""
    folded = User.mfa_policy.func

    def narrow(*methods: Method, **more: object) -> None:
        def mfa_policy(user: User) -> Policy:
            return replace(folded(user), methods=frozenset(methods), **more)

        monkeypatch.setattr(User, "mfa_policy", property(mfa_policy))

    return narrow


def test_without_phones_the_login_leads_to_the_app_and_takes_no_number(
    browser: Browser, bob: User, allow
) -> None:
    allow(Method.APP)
    assert browser.password(bob).url == APP
    assert browser.get(PHONE).url == APP
    assert browser.post(PHONE, {"phone": NUMBER}).url == APP
    assert not OutboxMessage.objects.filter(target=NUMBER).exists()


def test_a_code_that_was_texted_before_binds_no_phone_any_more(
    browser: Browser, bob: User, allow
) -> None:
    """It would have blocked the person for good: no route asks by it."""
    browser.password(bob)
    browser.post(PHONE, {"phone": NUMBER})
    allow(Method.APP)
    assert browser.get(VERIFY).url == APP
    assert browser.post(VERIFY, {"code": code(NUMBER)}).url == APP
    assert browser.post(RESEND).url == APP
    assert not bob.factors.exists()
    assert User.objects.get(pk=bob.pk).ever_bound_at is None


def test_nor_does_one_to_a_country_that_is_closed_since(browser: Browser, bob: User, allow) -> None:
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


def test_where_nothing_can_be_set_up_the_page_says_whom_to_ask(
    browser: Browser, bob: User, allow
) -> None:
    allow(Method.RECOVERY_CODES)
    assert browser.password(bob).url == "/login/enroll/"
    for path in (PHONE, APP, VERIFY):
        assert browser.get(path).url == "/login/enroll/"
    page = browser.get("/login/enroll/").content.decode()
    assert "There is nothing that you can set up yourself." in page
    assert "the help desk" in page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (Method.PHONE, "/me/phone/"),
        (Method.APP, "/me/security/app/"),
        (Method.RECOVERY_CODES, "/me/security/codes/"),
    ],
)
def test_a_signed_in_person_adds_nothing_that_is_closed(
    home: Browser, allow, method: Method, path: str
) -> None:
    assert home.get(path).status_code == 200
    allow(*(frozenset(Method) - {method}))
    assert home.get(path).status_code == 404
    assert home.post(path, {"phone": NUMBER}).status_code == 404
    pages = home.get("/me/").content.decode() + home.get("/me/security/").content.decode()
    assert f'"{path}"' not in pages


def test_a_number_change_that_is_closed_since_ends(home: Browser, alice: User, allow) -> None:
    home.post("/me/phone/", {"phone": NUMBER})
    allow(Method.APP)
    assert home.post("/me/phone/verify/", {"code": code(NUMBER)}).url == "/me/phone/"
    assert home.post("/me/phone/verify/resend/").url == "/me/phone/"
    assert not alice.factors.filter(target=NUMBER).exists()


def test_staff_without_recovery_codes_in_their_policy_get_in(browser: Browser, allow, db) -> None:
    """The page that makes them would lead nowhere."""
    allow(Method.PHONE)
    policy = AccountPolicy.load()
    policy.enabled, policy.home_region, policy.after_enrollment = True, "GB", "continue"
    policy.sms_values = ("AC" + "0" * 32, "t" * 32, "+15005550006")
    policy.save()
    browser.password(make_user("sam@example.org", is_staff=True))
    browser.post(PHONE, {"phone": NUMBER})
    browser.post(VERIFY, {"code": code(NUMBER)})
    assert browser.signed_in


def test_an_administrator_writes_no_number_where_phones_are_closed(
    office: Browser, alice: User, allow
) -> None:
    allow(Method.APP)
    page = office.post(
        f"/admin/mfa/factor/person/{alice.pk}/", {"phone": NUMBER, "reason": "lost"}
    ).content.decode()
    assert "allows no phones" in page.replace("&#x27;", "'")
    assert not alice.factors.filter(target=NUMBER).exists()


@pytest.fixture
def nurses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role whose people have French numbers."""
    layer = Layer(name="nurses", enroll_regions=frozenset({"FR"}))
    monkeypatch.setattr(User, "role_layers", (*User.role_layers, layer))


def test_a_policy_that_leaves_a_role_no_country_is_not_saved(
    office: Browser, policy: AccountPolicy, nurses: None
) -> None:
    kept = {"sms_account_id": policy.sms_account_id, "sms_phone_number": policy.sms_phone_number}
    data = {**kept, "enabled": "on", "home_region": "GB", "enroll_countries": ["GB"]}
    page = office.post(FORM, data).content.decode()
    assert "No country is left whose numbers people could set up (site, nurses)" in page
    assert AccountPolicy.load().enroll_countries == []
    assert office.post(FORM, {**data, "enroll_countries": ["GB", "FR"]}).status_code == 302


def test_one_that_is_stored_all_the_same_locks_nobody_out(
    browser: Browser, root: User, nurses: None, caplog
) -> None:
    AccountPolicy.objects.update(enroll_countries=["GB"])
    browser.log_in(root)
    assert browser.signed_in
    assert "no countries left by site, nurses" in caplog.text


def test_the_home_country_gets_texts_whatever_other_countries_are_chosen(
    browser: Browser, bob: User, policy: AccountPolicy
) -> None:
    """As the form says: "and always those above"."""
    policy.text_countries = ["FR"]
    policy.full_clean(exclude=["sms_account_id"])
    policy.save()
    browser.password(bob)
    assert browser.post(PHONE, {"phone": NUMBER}).url == VERIFY
