"""Who reaches the pages of managers, and until when (AZ-02, AZ-03, D05, D23)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Organization, User
from mfa.models import AuditEvent, Event, Factor, Pause
from tests.accounts.views.organizations.pages import ACME, REASON, VERBS, page_of, text
from tests.conftest import give_phone
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser, code

SAID = re.compile(r"<(?:title|h1|p|a)[ >].*")


@pytest.mark.parametrize("tail", VERBS)
def test_other_organization_looks_like_one_that_does_not_exist(
    managing: Browser, charlie: User, tail: str
) -> None:
    """AZ-02, D23: the same answer by the same number of statements, and a line in the audit."""
    join(charlie, organization("Other"))
    foreign = page_of(charlie, "other") + tail
    missing = foreign.replace("other", "nowhere")
    costs, pages = [], []
    for url in (foreign, missing, foreign.replace("other", "acme")):
        with CaptureQueriesContext(connection) as queries:
            answer = managing.get(url)
        costs.append(len(queries))
        pages.append((answer.status_code, SAID.findall(answer.content.decode())))
        assert managing.post(url, {"full_name": "Taken", **REASON}).status_code == 404
    assert pages[0] == pages[1]
    assert costs[0] == costs[1]
    assert [status for status, _ in pages] == [404, 404, 404]
    assert AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED).count() >= 3
    assert User.objects.get(pk=charlie.pk).full_name == "Charlie"
    assert Factor.objects.usable().filter(user=charlie).exists()


def test_member_gets_403_and_stranger_404(
    managing: Browser, other_browser: Browser, bob: User, charlie: User
) -> None:
    """D05."""
    give_phone(bob, "+447700900242")
    other_browser.log_in(bob)
    assert other_browser.get(ACME).status_code == 403
    assert "Manage Employees" not in text(other_browser, "/")
    stranger = Browser()
    stranger.log_in(charlie)
    assert stranger.get(ACME).status_code == 404
    assert Browser().get(ACME).url.startswith("/login/")


@pytest.mark.parametrize("ended", ["membership", "role", "organization"])
def test_manager_stops_at_next_request(
    managing: Browser, alice: User, bob: User, ended: str
) -> None:
    """org2: with a tab open, the next GET and the next POST show and change nothing."""
    page = page_of(bob)
    assert managing.get(page).status_code == 200
    join(alice, organization("Elsewhere"))
    rows = Membership.objects.filter(user=alice, organization__slug="acme")
    match ended:
        case "membership":
            rows.update(ended_at=timezone.now())
        case "role":
            rows.update(role="member")
        case _:
            Organization.objects.filter(slug="acme").update(is_active=False)
    expected = 403 if ended == "role" else 404
    assert managing.get(page).status_code == expected
    assert managing.post(page, {"full_name": "Taken"}).status_code == expected
    assert User.objects.get(pk=bob.pk).full_name == "Bob"


def test_first_page_of_manager_waits_for_a_factor(browser: Browser, bob: User) -> None:
    acme = organization("Acme")
    join(bob, acme, role=MANAGER)
    settings(acme.site, enabled=False)
    browser.password(bob)
    assert browser.signed_in
    assert "Set up a phone, app or passkey first" in text(browser, ACME)
    assert "Set up a phone, app or passkey first" in text(browser, page_of(bob))


def test_stale_proof_is_asked_before_each_change(managing: Browser, bob: User, alice: User) -> None:
    """SS-08."""
    session = managing.session
    session["mfa_about"] = {**session["mfa_about"], "proofs": {}}
    session.save()
    for tail in VERBS:
        answer = managing.post(page_of(bob) + tail, {"full_name": "Taken", **REASON})
        assert answer.url.startswith("/me/confirm/")
    assert User.objects.get(pk=bob.pk).full_name == "Bob"


def test_manager_who_is_paused_reaches_no_people(
    managing: Browser, other_browser: Browser, alice: User, bob: User
) -> None:
    """K19: the pause lets anyone in who knows the password, and not to other accounts."""
    now = timezone.now()
    until = now + timedelta(hours=1)
    Pause.objects.create(user=alice, reason="lost phone", started_at=now, until=until)
    other_browser.password(alice)
    assert other_browser.signed_in
    assert other_browser.get(ACME).status_code == 403
    assert other_browser.post(page_of(bob), {"full_name": "Taken"}).status_code == 403
    assert managing.get(ACME).status_code == 200
    assert User.objects.get(pk=bob.pk).full_name == "Bob"


@pytest.mark.parametrize(
    ("tail", "form"),
    [
        ("", ({"full_name": "Robert"}, "Robert")),
        ("number/", ({"phone": "07700 900249", "reason": "new"}, "07700 900249")),
        ("reset/", (REASON, "lost phone")),
        ("invitations/new", ({"email": "ann@example.org"}, "ann@example.org")),
        ("security", ({"deadline": "2099-01-02", "opt_out": "on"}, "2099-01-02")),
        ("clients/security", ({"deadline": "2099-01-02", "opt_out": "on"}, "2099-01-02")),
    ],
)
def test_form_comes_back_after_step_up(
    managing: Browser, alice: User, bob: User, tail: str, form: tuple[dict[str, str], str]
) -> None:
    sent, typed = form
    page = page_of(bob) + tail if tail in VERBS else f"{ACME}{tail}/"
    session = managing.session
    session["mfa_about"] = {**session["mfa_about"], "proofs": {}}
    session.save()
    assert managing.post(page, sent).url.startswith("/me/confirm/")
    managing.post("/me/confirm/", {"next": page})
    number = alice.factors.get().target
    assert managing.post("/login/verify/", {"code": code(number)}).url == page
    assert f'value="{typed}"' in text(managing, page)
    assert User.objects.get(pk=bob.pk).full_name == "Bob"
