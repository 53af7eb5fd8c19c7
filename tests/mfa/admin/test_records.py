"""Factors, challenges, deliveries, pauses and the audit: to read, never to edit (DT-03)."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Delivery, Event, Factor, Pause
from tests.conftest import NOON, give_phone, make_user
from tests.portal_client import Browser

MODELS = ["factor", "challenge", "delivery", "pause", "auditevent"]
NUMBERS = ["7700900201", "7700900204", "7700900205"]


@pytest.fixture
def support(policy: AccountPolicy, alice: User) -> Browser:
    """Sam of Support, logged in, with one row of each kind to look at."""
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


@pytest.mark.parametrize("model", MODELS)
def test_support_reads_lists_and_rows(support: Browser, model: str) -> None:
    assert support.get(f"/admin/mfa/{model}/").status_code == 200
    assert support.get(f"/admin/mfa/{model}/{first(model)}/change/").status_code == 200


@pytest.mark.parametrize("station", ["support", "office"])
@pytest.mark.parametrize("model", MODELS)
def test_nobody_changes_a_row(
    request: pytest.FixtureRequest, support: Browser, station: str, model: str
) -> None:
    browser = request.getfixturevalue(station)
    path = f"/admin/mfa/{model}/{first(model)}"
    before = list(apps.get_model("mfa", model).objects.order_by("pk").values())
    answers = [
        browser.post(f"{path}/change/", {"reason": "x", "target": "x"}),
        browser.post(f"{path}/delete/", {"post": "yes"}),
        browser.post(f"/admin/mfa/{model}/add/", {}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert list(apps.get_model("mfa", model).objects.order_by("pk").values()) == before


@pytest.mark.parametrize("model", MODELS)
def test_no_action_deletes_rows(support: Browser, office: Browser, model: str) -> None:
    before = apps.get_model("mfa", model).objects.count()
    form = {"action": "delete_selected", "_selected_action": first(model), "post": "yes"}
    office.post(f"/admin/mfa/{model}/", form)
    assert apps.get_model("mfa", model).objects.count() == before


@pytest.mark.parametrize("model", MODELS)
def test_no_page_shows_a_full_number_or_a_hash(support: Browser, model: str) -> None:
    """PS-10, DT-02."""
    pages = [
        support.get(f"/admin/mfa/{model}/{page}").content.decode()
        for page in ("", f"{first(model)}/change/", f"{first(model)}/history/")
    ]
    text = "".join(pages)
    assert [number for number in NUMBERS if number in text] == []
    assert "md5$" not in text


def test_targets_are_masked(support: Browser) -> None:
    assert "number ending 01" in support.get("/admin/mfa/challenge/").content.decode()
    assert "number ending 01" in support.get("/admin/mfa/delivery/").content.decode()
    assert "number ending 01" in support.get("/admin/mfa/factor/").content.decode()


@pytest.mark.parametrize("model", ["factor", "challenge", "delivery", "auditevent", "pause"])
def test_a_person_is_found_by_email(support: Browser, model: str) -> None:
    """Support helps somebody who gives an email."""
    page = support.get(f"/admin/mfa/{model}/", {"q": "alice@"}).content.decode()
    assert "alice@example.org" in page
    nobody = support.get(f"/admin/mfa/{model}/", {"q": "nobody@"})
    assert nobody.context["cl"].result_count == 0


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
    """PS-10: an invented look-up is refused, not answered by a shorter list."""
    assert support.get(f"/admin/mfa/{model}/?{lookup}").status_code in {302, 400}


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("challenge", "purpose__exact=login"),
        ("delivery", "state__exact=delivered"),
        ("auditevent", "event=code_sent"),
    ],
)
def test_the_offered_filters_work(support: Browser, model: str, lookup: str) -> None:
    assert support.get(f"/admin/mfa/{model}/?{lookup}").status_code == 200


def test_the_state_of_a_factor_is_in_words(support: Browser, alice: User) -> None:
    now = timezone.now()
    Factor.objects.create(user=alice, target="+447700900206", confirmed_at=now, revoked_at=now)
    Factor.objects.create(user=alice, target="+447700900207", confirmed_at=now, disabled_at=now)
    page = support.get("/admin/mfa/factor/").content.decode()
    for state in ("in use", "removed", "disabled after a hundred wrong codes"):
        assert f'<td class="field-state">{state}</td>' in page


def test_a_factor_says_that_texts_are_restricted(support: Browser) -> None:
    """EN-04."""
    page = support.get(f"/admin/mfa/factor/{first('factor')}/change/").content.decode()
    assert "NIST SP 800-63B-4, 3.2.9" in page


def test_a_failed_delivery_is_explained(support: Browser, bob: User) -> None:
    browser = Browser()
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+447700900003"})
    failed = Delivery.objects.get(state="failed")
    page = support.get(reverse("admin:mfa_delivery_change", args=[failed.pk])).content.decode()
    assert "what it means" in page.lower()
    assert "30004" in page or "blocked" in page.lower()


def test_a_delivery_by_a_channel_that_is_gone_is_still_shown(
    support: Browser, bob: User, settings
) -> None:
    browser = Browser()
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+447700900003"})
    failed = Delivery.objects.get(state="failed")
    settings.MFA_CHANNELS = {}
    path = reverse("admin:mfa_delivery_change", args=[failed.pk])
    assert support.get(path).status_code == 200


def test_support_finds_why_somebody_cannot_get_in(support: Browser, alice: User) -> None:
    """LO-01: the audit of one person, event by event, in the words that the person reads."""
    Browser().password(alice)
    page = support.get("/admin/mfa/auditevent/", {"q": alice.email}).content.decode()
    assert f'<td class="field-what">{Event.CODE_SENT.label}</td>' in page
    assert f'<td class="field-event">{Event.CODE_SENT}</td>' in page


def test_a_script_in_a_browser_name_is_escaped(support: Browser, alice: User) -> None:
    """WB-04."""
    event = AuditEvent.objects.create(
        at=NOON, event=Event.LOGGED_IN, user=alice, browser="<script>alert(1)</script>"
    )
    page = support.get(reverse("admin:mfa_auditevent_change", args=[event.pk])).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("model", [*MODELS, "accountpolicy"])
def test_charlie_is_kept_out(other_browser: Browser, charlie: User, model: str) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(f"/admin/mfa/{model}/").status_code == 403
