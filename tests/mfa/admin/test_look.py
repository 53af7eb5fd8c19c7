"""Portal name and accent color in the Account Policy, and the preview of the color."""

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, SitePolicy
from tests.mfa.admin.test_policy import FORM, member
from tests.portal_client import Browser, shown_in

DRAWN = "/admin/mfa/accountpolicy/accent.svg"
SHOW = "/admin/mfa/accountpolicy/show-accent/"


@pytest.fixture
def office(browser: Browser, root: User) -> Browser:
    browser.log_in(root)
    return browser


def values(policy: SitePolicy, **typed: str) -> dict[str, str]:
    sms = policy.sms
    stored = {"sms_account_id": sms.account_id, "sms_phone_number": sms.phone_number}
    return {**stored, "enabled": "on", "home_region": "GB", "contact": policy.contact, **typed}


def test_saved_name_and_color_are_on_the_next_page(office: Browser, policy: SitePolicy) -> None:
    data = values(policy, portal_name=" Acme & Sons ", accent="B3201C")
    page = office.post(FORM, data, follow=True).content.decode()
    assert "| Acme &amp; Sons</title>" in page
    assert "/theme.css?accent=b3201c" in page
    fields = AuditEvent.objects.get(event=Event.POLICY_CHANGED).details["fields"]
    assert fields == ["accent", "portal_name"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"portal_name": "acme.example"}, "Use plain text without links."),
        ({"portal_name": "<b>Acme</b>"}, "Use only letters from A to Z"),
        ({"portal_name": ""}, "This field is required."),
        ({"accent": "#ffff00"}, "Choose a darker color."),
        ({"accent": "red"}, "Enter a color like #1d4ed8."),
    ],
)
def test_refused_name_or_color_is_not_saved(
    office: Browser, policy: SitePolicy, typed: dict[str, str], said: str
) -> None:
    page = office.post(FORM, values(policy, **typed))
    assert said in page.content.decode()
    assert SitePolicy.brand() == SitePolicy.brand(newest=True)
    assert SitePolicy.brand().name == "Acme Portal"


def test_preview_without_script_draws_typed_color_and_saves_nothing(
    office: Browser, policy: SitePolicy
) -> None:
    typed = {
        "_test": "accent",
        **shown_in("mfa", "accountpolicy", "1", marked=False),
        "accent": "#ffff00",
    }
    page = office.post(SHOW, {**values(policy), **typed})
    said = page.content.decode()
    assert f'src="{DRAWN}?accent=ffff00"' in said
    assert "Choose a darker color." in said
    assert 'value="#ffff00"' in said
    assert SitePolicy.brand(newest=True).accent == "#1d4ed8"


def test_accent_preview_shows_both_themes(office: Browser) -> None:
    answer = office.get(DRAWN, {"accent": "b3201c"})
    assert answer.headers["Content-Type"] == "image/svg+xml"
    svg = answer.content.decode()
    assert 'fill="#b3201c"' in svg
    assert "Light: 5." in svg
    assert "style=" not in svg
    assert 'fill="#1d4ed8"' in office.get(DRAWN).content.decode()


@pytest.mark.parametrize("accent", ["", "red", '"/><script>alert(1)</script>', "b3201c;", "\x00"])
def test_accent_preview_of_invalid_color_is_refused(office: Browser, accent: str) -> None:
    assert office.get(DRAWN, {"accent": accent}).status_code == 400


def test_support_cannot_see_or_use_preview(
    browser: Browser, policy: SitePolicy, alice: User
) -> None:
    """A08."""
    assert browser.get(DRAWN).status_code == 302
    browser.password(member("Support"))
    assert browser.get(DRAWN).status_code != 200
    assert browser.post(SHOW).status_code != 200
