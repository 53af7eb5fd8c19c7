"""House rules that are quicker checked than remembered."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from mfa.models import Event
from mfa.notices import NOTICES, SILENT

ROOT = Path(settings.BASE_DIR)
CODE = [path for app in ("accounts", "mfa", "portal") for path in (ROOT / app).rglob("*.py")]
LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
)
TRACKED = [ROOT / name for name in LISTED.stdout.splitlines() if (ROOT / name).is_file()]
TEXTS = [path for path in TRACKED if path.suffix not in {".png", ".ico", ".mo", ".woff2"}]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_event_is_told_to_somebody_or_named_as_silent() -> None:
    assert set(NOTICES) | SILENT == set(Event)
    assert not set(NOTICES) & SILENT


@pytest.mark.parametrize("event", Event)
def test_every_event_is_recorded_somewhere(event: Event) -> None:
    call = re.compile(rf"(?:(?:record|tell)\(\s*(?:mfa\.)?|Change\.\w+: )Event\.{event.name}\b")
    assert [path for path in CODE if call.search(path.read_text())]


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_a_file_says_what_one_finds_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text())
    shipped = "migrations" in path.parts or not tree.body
    assert shipped or ast.get_docstring(tree)


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_nobody_prints(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert "print" not in {call.func.id for call in calls if isinstance(call.func, ast.Name)}


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_nobody_reads_the_clock_past_django(path: Path) -> None:
    assert not re.search(r"datetime\.(now|utcnow|today)\(|time\.time\(", path.read_text())


def test_migrations_are_named_for_what_they_do() -> None:
    names = [path.stem for path in CODE if path.parent.name == "migrations"]
    assert [name for name in names if re.search(r"_auto_|_alter_.*_and_more", name)] == []


def test_only_the_channel_imports_the_provider() -> None:
    importing = {
        relative(path)
        for path in CODE
        if re.search(r"^\s*(?:from|import) twilio\b", path.read_text(), re.MULTILINE)
    }
    assert importing
    assert all(name.startswith("mfa/channels/twilio") for name in importing)


def test_only_the_audit_writes_its_table() -> None:
    writing = {relative(path) for path in CODE if "AuditEvent.objects.create" in path.read_text()}
    assert writing == {"mfa/audit.py"}


def test_no_file_knows_the_machine_or_an_index_of_packages() -> None:
    strange = re.compile(
        r"(?<![\w./~-])/(?:work|farm|root)/|--(?:extra-)?index-url[ =]|https?://[^\s\"']*/simple/"
    )
    assert TEXTS
    this = Path(__file__)
    assert [
        relative(path)
        for path in TEXTS
        if path != this and strange.search(path.read_text(errors="replace"))
    ] == []


def test_nothing_secret_is_kept_with_the_code() -> None:
    names = {relative(path) for path in TRACKED}
    assert ".env.example" in names
    assert not {name for name in names if re.search(r"(^|/)\.env$|sqlite3$|\.pem$|\.key$", name)}


def test_nobody_left_a_note_to_do_it_later() -> None:
    assert [
        relative(path) for path in CODE if re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text())
    ] == []
