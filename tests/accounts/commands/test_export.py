"""`manage.py export`: the same files as the pages, with whole numbers."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization, User
from mfa.models import AuditEvent, Event
from tests.conftest import give_phone
from tests.organizations import join, organization
from tests.portal_client import Browser


@pytest.fixture
def acme(bob: User) -> Organization:
    made = organization("Acme")
    join(bob, made)
    give_phone(bob, "+447700900277")
    return made


def export(table: str, file: Path, *options: str) -> str:
    call_command("export", table, str(file), *options, stdout=StringIO())
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["csv", "excel", "jsonl"])
def test_command_and_page_write_the_same(
    acme: Organization, root: User, browser: Browser, tmp_path: Path, kind: str
) -> None:
    browser.log_in(root)
    sent = {"table": "people", "format": kind, "organization": "acme"}
    page = browser.post("/support/export/", sent).getvalue()
    file = tmp_path / "people"
    export("people", file, "--organization", "acme", "--format", kind)
    assert file.read_bytes() == page
    assert b"+447700900277" in page


def test_file_of_people_is_imported_again(acme: Organization, bob: User, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    assert "'+447700900277" in export("people", file, "--organization", "acme")
    out = StringIO()
    call_command("import_people", str(file), "--organization", "acme", "--dry-run", stdout=out)
    assert "1 lines: 0 new, 0 changed, 1 unchanged" in out.getvalue()


def test_reports_are_of_one_organization(acme: Organization, tmp_path: Path) -> None:
    lines = export("enrollment", tmp_path / "days.jsonl", "--organization", "acme").splitlines()
    today = json.loads(lines[-1])
    assert (today["organization"], today["phone"], today["finished"]) == ("Acme", 1, "no")
    with pytest.raises(CommandError, match="--organization SLUG"):
        export("enrollment", tmp_path / "all.csv")


def test_each_export_is_recorded_and_only_its_owner_reads_the_file(
    acme: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "audit.jsonl"
    export("audit", file)
    assert file.stat().st_mode & 0o777 == 0o600
    event = AuditEvent.objects.get(event=Event.EXPORTED)
    assert event.details == {"table": "audit", "file_format": "jsonl"}
    with pytest.raises(CommandError, match="File exists"):
        export("audit", file)
    with pytest.raises(CommandError, match="no organization"):
        export("people", tmp_path / "x.csv", "--organization", "nowhere")
    assert AuditEvent.objects.filter(event=Event.EXPORTED).count() == 1
