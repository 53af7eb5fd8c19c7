"""The pages of an import: each walked by its author, and closed to everyone else."""

import csv
import json
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT

from accounts.csv_import import tasks
from accounts.models import Invitation, Membership, Organization, PeopleImport, User
from mfa.models import AuditEvent, Event, OutboxMessage
from tests.accounts.views.organizations.pages import text
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser

MEMBERS, PEOPLE = "/organizations/acme/import/", "/import/"
State = PeopleImport.State
FILE = "E-Mail;Name;Handy;Cost Centre\nann@example.org;=Ann;+44 7700 900211;7\nben@example;Ben;;8\n"
MAPPED = {"column_0": "email", "column_1": "full_name", "column_2": "mobile", "column_3": ""}


def upload(browser: Browser, url: str, content: str = FILE, **more: str) -> str:
    """Upload a file and return the address of its import."""
    file = SimpleUploadedFile("people.csv", content.encode(), content_type="text/csv")
    return browser.post(url, {"file": file, **more}, MULTIPART_CONTENT).url


def lines_of(answer: object) -> Iterator[list[str]]:
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return csv.reader(body.splitlines())


@pytest.fixture
def managing(managing: Browser) -> Browser:
    Invitation.objects.all().delete()
    return managing


def test_manager_walks_from_the_file_to_invitations(managing: Browser) -> None:
    page = upload(managing, MEMBERS)
    shown = text(managing, page)
    assert "Cost Centre" in shown
    assert "Username" not in shown
    assert managing.post(page, MAPPED).url == page
    shown = text(managing, page)
    for words in (
        "What will happen",
        "Nothing is imported yet.",
        "Invitations prepared: 1",
        "mistake: 1",
    ):
        assert words in shown
    assert "b…@example" in shown
    assert "No one gets an email unless you choose it. Then 1 person gets the invitation." in shown
    assert not Invitation.objects.exists()
    found = list(lines_of(managing.get(f"{page}findings/")))
    assert [row[:2] for row in found[1:]] == [["3", "email"], ["2", "full_name"]]
    assert not any(cell.startswith("=") for row in found for cell in row)
    assert managing.post(f"{page}run/").url == page
    shown = text(managing, page)
    assert "What happened" in shown
    row = Invitation.objects.get()
    assert (row.email, row.full_name, row.mobile) == ("ann@example.org", "=Ann", "+447700900211")
    assert not OutboxMessage.objects.filter(target=row.email).exists()
    shown = text(managing, "/organizations/acme/invitations/")
    assert "Not sent yet" in shown
    assert AuditEvent.objects.filter(event=Event.IMPORT_STARTED).count() == 1
    managing.post(f"{page}run/")
    assert Invitation.objects.count() == 1
    again = upload(managing, MEMBERS)
    managing.post(again, MAPPED)
    assert "No one gets an email." in text(managing, again)


def test_each_person_is_listed_with_what_happens_and_who_gets_an_email(
    browser: Browser, root: User, alice: User
) -> None:
    organization("Acme")
    browser.log_in(root)
    lines = ("alice@example.org,Alicia", "ann@example.org,=Ann", "root@example.org,Rot", "bad,B")
    page = upload(browser, PEOPLE, "\n".join(("email,name", *lines)))
    browser.post(page, {"column_0": "email", "column_1": "full_name"})
    rows = list(lines_of(browser.get(f"{page}people/")))
    assert rows[0] == [
        "Line",
        "Email",
        "Full name",
        "What happens",
        "Gets an email, if you choose it",
    ]
    assert rows[1:] == [
        ["2", "alice@example.org", "Alicia", "changed", "no"],
        ["3", "ann@example.org", "'=Ann", "new", "yes"],
    ]
    body = b"".join(browser.get(f"{page}people/?format=jsonl").streaming_content).decode()
    first = json.loads(body.splitlines()[0])
    assert (first["email"], first["effect"], first["email_if_chosen"]) == (
        "alice@example.org",
        "changed",
        "no",
    )
    found = b"".join(browser.get(f"{page}findings/?format=jsonl").streaming_content).decode()
    assert [json.loads(line)["line"] for line in found.splitlines()] == [4, 5, 3]


def test_list_of_a_managers_import_tells_nothing_of_accounts(
    managing: Browser, root: User, charlie: User
) -> None:
    """RG-02: staff, people who are here and strangers look the same."""
    emails = (root.email, charlie.email, "stranger@example.org")
    page = upload(managing, MEMBERS, "\n".join(("email", *emails)))
    managing.post(page, {"column_0": "email"})
    rows = [row[3:] for row in lines_of(managing.get(f"{page}people/"))][1:]
    assert rows == [["invited", "yes"]] * 3
    managing.post(f"{page}run/", {"sends_mail": "on"})
    rows = [row[3:] for row in lines_of(managing.get(f"{page}people/"))][1:]
    assert rows == [["invited", "yes"]] * 3


def test_administrator_chooses_the_organization_and_mail(browser: Browser, root: User) -> None:
    organization("Acme")
    browser.log_in(root)
    page = upload(browser, PEOPLE, organization="acme")
    browser.post(page, MAPPED)
    assert "New people: 1" in text(browser, page)
    browser.post(f"{page}run/", {"sends_mail": "on"})
    ann = User.objects.get(email="ann@example.org")
    assert Membership.objects.get(user=ann).organization.slug == "acme"
    assert OutboxMessage.objects.filter(target=ann.email).count() == 1
    assert "Emails sent: 1" in text(browser, page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "This file is empty."),
        ("PK\x03\x04", "This is not a CSV file. In Excel choose File, Save As, CSV UTF-8."),
        ("\n\n", "This file is empty."),
    ],
)
def test_file_without_a_header_is_refused_on_its_page(
    managing: Browser, content: str, words: str
) -> None:
    file = SimpleUploadedFile("people.csv", content.encode())
    answer = managing.post(MEMBERS, {"file": file}, MULTIPART_CONTENT)
    assert words in answer.content.decode()
    assert not PeopleImport.objects.exists()


def test_large_file_is_refused(managing: Browser) -> None:
    file = SimpleUploadedFile("people.csv", b"a" * 10_000_001)
    answer = managing.post(MEMBERS, {"file": file}, MULTIPART_CONTENT)
    assert "larger than 10 MB" in answer.content.decode()
    file = SimpleUploadedFile("people.csv", b"a" * 10_200_000)
    assert managing.post(MEMBERS, {"file": file}, MULTIPART_CONTENT).status_code == 413


def test_columns_are_refused_where_they_are_chosen(managing: Browser) -> None:
    page = upload(managing, MEMBERS)
    answer = managing.post(page, {**MAPPED, "column_3": "mobile"})
    assert "Two columns hold the same thing: Handy, Cost Centre." in answer.content.decode()
    answer = managing.post(page, {**MAPPED, "column_0": ""})
    assert "No column holds the email." in answer.content.decode()
    answer = managing.post(page, {**MAPPED, "column_3": "username"})
    assert answer.status_code == 200
    assert PeopleImport.objects.get().state == State.UPLOADED


def test_file_with_no_people_says_so(managing: Browser) -> None:
    page = upload(managing, MEMBERS, "email,name\n")
    managing.post(page, {"column_0": "email"})
    assert "There are no people in this file." in text(managing, page)
    managing.post(f"{page}run/")
    assert PeopleImport.objects.get().state == State.UNREADABLE


def test_import_belongs_to_its_author(
    managing: Browser, alice: User, charlie: User, other_browser: Browser
) -> None:
    """Another manager of the same organization, and an administrator, see no import of others."""
    page = upload(managing, MEMBERS)
    join(charlie, Organization.objects.get(slug="acme"), role=MANAGER)
    other_browser.log_in(charlie)
    for address in (page, f"{page}status/", f"{page}findings/", "/import/999/"):
        assert other_browser.get(address).status_code == 404
    for address in (page, f"{page}run/", f"{page}stop/"):
        assert other_browser.post(address, MAPPED).status_code == 404
    assert PeopleImport.objects.get().state == State.UPLOADED


def test_former_manager_runs_nothing(managing: Browser, alice: User) -> None:
    page = upload(managing, MEMBERS)
    managing.post(page, MAPPED)
    Membership.objects.filter(user=alice).update(role="member")
    assert managing.post(f"{page}run/").status_code == 404
    assert not Invitation.objects.exists()


def test_crafted_upload_reaches_no_other_organization(managing: Browser) -> None:
    organization("Rival")
    assert managing.post("/organizations/rival/import/").status_code == 404
    assert managing.post(PEOPLE).status_code == 403
    page = upload(managing, MEMBERS, FILE, organization="rival")
    assert PeopleImport.objects.get().organization.slug == "acme"
    managing.post(page, {**MAPPED, "column_3": "organization"})
    assert PeopleImport.objects.get().state == State.UPLOADED


def test_progress_is_shown_while_the_worker_works(
    managing: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(managing, MEMBERS)
    monkeypatch.setattr(tasks, "wake", lambda _pk: None)
    managing.post(page, MAPPED)
    assert "Checking the file" in text(managing, page)
    assert managing.get(f"{page}status/").json()["final"] is False
    tasks.work(PeopleImport.objects.get().pk)
    assert managing.get(f"{page}status/").json()["final"] is True
    managing.post(f"{page}run/")
    assert "Importing" in text(managing, page)
    assert managing.get(f"{page}status/").json()["words"] == "0 of 1 people imported"
    managing.post(f"{page}stop/")
    assert "Stopped" in text(managing, page)
    managing.post(f"{page}run/")
    PeopleImport.objects.update(worked_at="2026-01-01T00:00Z")
    monkeypatch.undo()
    tasks.catch_up()
    assert PeopleImport.objects.get().state == State.FINISHED
