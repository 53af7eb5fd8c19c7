"""The pages of an export: recorded, and only for those who may read."""

import csv

import time_machine
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage
from tests.one_time_passes import helper
from tests.organizations import organization
from tests.portal_client import Browser

STAFF, MEMBERS = "/support/export/", "/organizations/acme/export/"


def body(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_staff_download_people_and_records(browser: Browser, root: User, alice: User) -> None:
    browser.log_in(root)
    for table in ("people", "audit", "deliveries"):
        answer = browser.post(STAFF, {"table": table, "format": "csv"})
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{table}.csv"'
        assert len(list(csv.reader(body(answer).splitlines()))) > 1
    event = AuditEvent.objects.filter(event=Event.EXPORTED).latest("pk")
    assert event.user == root
    assert event.details == {"table": "deliveries", "file_format": "csv"}


def test_file_of_support_alerts_administrators(
    browser: Browser, root: User, clock: time_machine.Traveller
) -> None:
    """Opening 30 people's pages does so too, and a file holds everyone."""
    dana = helper()
    browser.log_in(dana)
    mails = OutboxMessage.objects.filter(target=root.email, subject__contains="downloaded people")
    for table in ("people", "people", "deliveries"):
        browser.post(STAFF, {"table": table, "format": "csv"})
    people, deliveries = mails.order_by("pk")
    assert dana.email in people.body
    assert "File: People" in people.body
    assert "File: Deliveries" in deliveries.body
    clock.shift(2 * 3600)
    browser.post("/logout/")
    browser.log_in(dana)
    browser.post(STAFF, {"table": "people", "format": "csv"})
    assert mails.count() == 3


def test_manager_downloads_the_organization_alone(managing: Browser, charlie: User) -> None:
    organization("Rival")
    answer = managing.post(MEMBERS, {"table": "people", "format": "jsonl", "organization": "rival"})
    people = body(answer)
    assert "bob@example.org" in people
    assert charlie.email not in people
    answer = managing.post(MEMBERS, {"table": "enrollment", "format": "excel"})
    assert body(answer).startswith("\ufeffOrganization,Day,")
    assert managing.post("/organizations/rival/export/").status_code == 404
    for table in ("audit", "deliveries", "nonsense"):
        answer = managing.post(MEMBERS, {"table": table, "format": "csv"})
        assert "Content-Disposition" not in answer.headers
    assert managing.post(STAFF, {"table": "people", "format": "csv"}).status_code == 403


def test_old_proof_downloads_nothing(browser: Browser, root: User, clock: object) -> None:
    browser.log_in(root)
    clock.shift(700)  # type: ignore[attr-defined]
    answer = browser.post(STAFF, {"table": "people", "format": "csv"})
    assert answer.status_code == 302
    assert not AuditEvent.objects.filter(event=Event.EXPORTED).exists()


def test_helper_downloads_only_what_the_admin_shows_them(browser: Browser, policy: object) -> None:
    """An operator can take the audit from the group Support."""
    dana = helper()
    support = Group.objects.get(name="Support")
    support.permissions.remove(Permission.objects.get(codename="view_auditevent"))
    browser.log_in(dana)
    assert 'value="audit"' not in browser.get(STAFF).content.decode()
    answer = browser.post(STAFF, {"table": "audit", "format": "csv"})
    assert "Content-Disposition" not in answer.headers
    assert "Content-Disposition" in browser.post(STAFF, {"table": "people", "format": "csv"})
    rest = Permission.objects.filter(codename__in=["view_user", "view_delivery"])
    support.permissions.remove(*rest)
    assert browser.get(STAFF).status_code == 403
