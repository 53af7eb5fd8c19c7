"""The read-only lists: factors, challenges, deliveries, pauses and the audit (DT-03)."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Delivery, Event, Factor, Pause, SitePolicy
from tests.conftest import NOON, give_phone, make_user
from tests.portal_client import Browser

MODELS = ["factor", "challenge", "delivery", "pause", "auditevent"]
NUMBERS = ["7700900201", "7700900204", "7700900205"]


@pytest.fixture
def support(policy: SitePolicy, alice: User) -> Browser:
    """Sam of Support, logged in, with one row of each kind."""
    browser = Browser()
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900205")
    Browser().password(alice)
    Pause.objects.create(user=alice, reason="lost phone", started_at=NOON, until=NOON)
    browser.log_in(sam)
    return browser


def first(model: str) -> str:
    return str(apps.get_model("mfa", model).objects.order_by("pk").first().pk)


def pages_of(model: str, *pages: str) -> list[str]:
    return [
        f"/admin/mfa/{model}/",
        *(f"/admin/mfa/{model}/{first(model)}/{page}/" for page in pages),
    ]


def stored() -> dict[str, list[dict[str, object]]]:
    """All rows of the read-only models."""
    return {
        model: list(apps.get_model("mfa", model).objects.order_by("pk").values())
        for model in MODELS
    }


def test_support_can_view_lists_and_rows(support: Browser) -> None:
    paths = [path for model in MODELS for path in pages_of(model, "change")]
    assert [path for path in paths if support.get(path).status_code != 200] == []


@pytest.mark.parametrize("station", ["support", "office"])
def test_rows_cannot_be_changed(
    request: pytest.FixtureRequest, support: Browser, station: str
) -> None:
    browser, before = request.getfixturevalue(station), stored()
    statuses = {}
    for model in MODELS:
        path = f"/admin/mfa/{model}/{first(model)}"
        statuses[model] = [
            browser.post(f"{path}/change/", {"reason": "x", "target": "x"}).status_code,
            browser.post(f"{path}/delete/", {"post": "yes"}).status_code,
            browser.post(f"/admin/mfa/{model}/add/", {}).status_code,
        ]
    assert statuses == {model: [403, 403, 403] for model in MODELS}
    assert stored() == before


def test_rows_cannot_be_deleted_by_action(support: Browser, office: Browser) -> None:
    before = {model: len(rows) for model, rows in stored().items()}
    for model in MODELS:
        form = {"action": "delete_selected", "_selected_action": first(model), "post": "yes"}
        office.post(f"/admin/mfa/{model}/", form)
    assert {model: len(rows) for model, rows in stored().items()} == before


def test_no_page_shows_a_full_number_or_a_hash(support: Browser) -> None:
    """PS-10, DT-02."""
    paths = [path for model in MODELS for path in pages_of(model, "change", "history")]
    shown = {path: support.get(path).content.decode() for path in paths}
    secrets = [*NUMBERS, "md5$"]
    assert [(path, each) for path, page in shown.items() for each in secrets if each in page] == []


def test_targets_are_masked(support: Browser) -> None:
    assert "number ending 01" in support.get("/admin/mfa/challenge/").content.decode()
    assert "number ending 01" in support.get("/admin/mfa/delivery/").content.decode()
    assert "Number ending 01" in support.get("/admin/mfa/factor/").content.decode()


def test_person_is_found_by_email(support: Browser) -> None:
    """Support helps a person who gives an email."""
    paths = [f"/admin/mfa/{model}/" for model in MODELS]
    found = {path: support.get(path, {"q": "alice@"}).content.decode() for path in paths}
    assert [path for path, page in found.items() if "alice@example.org" not in page] == []
    nobody = {path: support.get(path, {"q": "nobody@"}).context["cl"] for path in paths}
    assert [path for path, rows in nobody.items() if rows.result_count] == []


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("factor", "target__startswith=%2B44"),
        ("challenge", "target__startswith=%2B44"),
        ("challenge", "browser__startswith=a"),
        ("delivery", "target__startswith=%2B44"),
        ("delivery", "user__password__startswith=md5"),
        ("auditevent", "user__password__startswith=md5"),
        ("auditevent", "user__factors__target__startswith=%2B44"),
        ("pause", "user__password__startswith=md5"),
    ],
)
def test_no_filter_guesses_a_number_digit_by_digit(
    support: Browser, model: str, lookup: str
) -> None:
    """PS-10: an unknown lookup is refused instead of answered by a shorter list."""
    assert support.get(f"/admin/mfa/{model}/?{lookup}").status_code in {302, 400}


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("challenge", "purpose__exact=login"),
        ("delivery", "state__exact=delivered"),
        ("auditevent", "event=code_sent"),
    ],
)
def test_offered_filters_work(support: Browser, model: str, lookup: str) -> None:
    assert support.get(f"/admin/mfa/{model}/?{lookup}").status_code == 200


def test_state_of_factor_is_in_words(support: Browser, alice: User) -> None:
    now = timezone.now()
    Factor.objects.create(user=alice, target="+447700900206", confirmed_at=now, status="revoked")
    Factor.objects.create(user=alice, target="+447700900207", confirmed_at=now, status="disabled")
    page = support.get("/admin/mfa/factor/").content.decode()
    for state in ("In use", "Removed", "Disabled after 100 wrong codes"):
        assert f">{state}</span>" in page


def test_factor_shows_that_texts_are_restricted(support: Browser) -> None:
    """EN-04."""
    page = support.get(f"/admin/mfa/factor/{first('factor')}/change/").content.decode()
    assert "NIST SP 800-63B-4, 3.2.9" in page


def test_failed_delivery_is_explained(support: Browser, bob: User) -> None:
    browser = Browser()
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+447700900003"})
    failed = Delivery.objects.get(state="failed")
    page = support.get(reverse("admin:mfa_delivery_change", args=[failed.pk])).content.decode()
    assert "what it means" in page.lower()
    assert "30004" in page or "blocked" in page.lower()


def test_delivery_by_removed_channel_is_shown(support: Browser, bob: User, settings) -> None:
    browser = Browser()
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+447700900003"})
    failed = Delivery.objects.get(state="failed")
    settings.MFA_CHANNELS = {}
    path = reverse("admin:mfa_delivery_change", args=[failed.pk])
    assert support.get(path).status_code == 200


def test_support_finds_reason_for_failed_login(support: Browser, alice: User) -> None:
    """LO-01, C03: the audit of one person, in words, with the purpose of a code."""
    Browser().password(alice)
    page = support.get("/admin/mfa/auditevent/", {"q": alice.email}).content.decode()
    assert f">{Event.CODE_SENT.label} Purpose: log in.</a>" in page
    assert f">{Event.PASSWORD_RIGHT.label}</a>" in page
    assert f">{Event.CODE_SENT}<" not in page


def test_script_in_browser_name_is_escaped(support: Browser, alice: User) -> None:
    """WB-04."""
    event = AuditEvent.objects.create(
        at=NOON, event=Event.LOGGED_IN, user=alice, browser="<script>alert(1)</script>"
    )
    page = support.get(reverse("admin:mfa_auditevent_change", args=[event.pk])).content.decode()
    assert "<script>alert" not in page


def test_charlie_has_no_access(other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    paths = [f"/admin/mfa/{model}/" for model in (*MODELS, "accountpolicy")]
    assert [path for path in paths if other_browser.get(path).status_code != 403] == []
