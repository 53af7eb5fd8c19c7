"""Project rules that a test can check."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from types import FunctionType

from django.conf import settings

from mfa.messages.notices import NOTICES, SILENT
from mfa.models import Event
from mfa.rules import routes

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
# Parsed once for all rules
SOURCES = {str(path.relative_to(ROOT)): path.read_text() for path in CODE}


@cache
def trees() -> dict[str, ast.Module]:
    """Parsed lazily: every worker collects this file, but only one runs it."""
    return {name: ast.parse(source) for name, source in SOURCES.items()}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_event_has_notice_or_is_listed_as_silent() -> None:
    assert set(NOTICES) | SILENT == set(Event)
    assert not set(NOTICES) & SILENT


def test_every_event_is_recorded_somewhere() -> None:
    call = re.compile(r"(?:(?:record|joined|tell)\(\s*(?:mfa\.)?|Change\.\w+: )Event\.(\w+)")
    recorded = {name for source in SOURCES.values() for name in call.findall(source)}
    assert {event.name for event in Event} - recorded == set()


def test_every_file_has_a_docstring() -> None:
    assert [
        name
        for name, tree in trees().items()
        if "/migrations/" not in name and tree.body and not ast.get_docstring(tree)
    ] == []


def test_code_does_not_print() -> None:
    assert [name for name, tree in trees().items() if any(map(_prints, ast.walk(tree)))] == []


def _prints(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def test_code_reads_clock_only_by_django() -> None:
    past = re.compile(r"datetime\.(now|utcnow|today)\(|time\.time\(")
    assert [name for name, source in SOURCES.items() if past.search(source)] == []


def test_code_builds_no_requests() -> None:
    """Decisions take values, not requests (mfa.login.facts)."""
    made_up = re.compile(r"\bHttpRequest\(\)")
    assert [name for name, source in SOURCES.items() if made_up.search(source)] == []


def test_login_code_uses_time_of_request() -> None:
    """Code with a request uses its time (mfa.client.moment_of). These two have none."""
    without = {"mfa/login/diagnose.py", "mfa/login/staff.py"}
    reading = {name for name, source in SOURCES.items() if "timezone.now(" in source}
    assert {name for name in reading if name.startswith("mfa/login/")} == without


def test_locks_on_people_allow_rows_that_refer_to_them() -> None:
    """A message of a transaction that waits for the lock's owner would be a deadlock."""
    lock = re.compile(
        r"(?:User|get_user_model\(\)|people)\s*(?:\.objects)?\s*\.select_for_update\((.*?)\)"
    )
    found = [(name, held) for name, source in SOURCES.items() for held in lock.findall(source)]
    assert len(found) > 5
    assert [name for name, held in found if held != "no_key=True"] == []


def test_only_routes_for_decides_routes() -> None:
    """Its parts answer only for one purpose each, so other modules do not call them."""
    parts = {
        name
        for name, value in vars(routes).items()
        if isinstance(value, FunctionType) and value.__module__ == routes.__name__
    } - {"routes_for"}
    assert [
        f"{name}: {alias.name}"
        for name, tree in trees().items()
        if not name.startswith("mfa/rules/")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == routes.__name__
        for alias in node.names
        if alias.name in parts
    ] == []


def test_migrations_are_named_for_what_they_do() -> None:
    names = [path.stem for path in CODE if path.parent.name == "migrations"]
    assert [name for name in names if re.search(r"_auto_|_alter_.*_and_more", name)] == []


def test_only_the_channel_imports_the_provider() -> None:
    imports = re.compile(r"^\s*(?:from|import) twilio\b", re.MULTILINE)
    importing = {name for name, source in SOURCES.items() if imports.search(source)}
    assert importing
    assert all(name.startswith("mfa/channels/twilio") for name in importing)


def test_only_the_audit_writes_its_table() -> None:
    writes = re.compile(r"\bAuditEvent\.objects\.(bulk_)?create|Insert\(AuditEvent\)")
    writing = {name for name, source in SOURCES.items() if writes.search(source)}
    assert writing == {"mfa/audit.py"}


def test_no_file_names_machine_or_package_index() -> None:
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


def test_code_contains_no_secrets() -> None:
    names = {relative(path) for path in TRACKED}
    assert ".env.example" in names
    assert not {name for name in names if re.search(r"(^|/)\.env$|sqlite3$|\.pem$|\.key$", name)}


def test_code_contains_no_todo_notes() -> None:
    note = re.compile(r"\b(TODO|FIXME|XXX)\b")
    assert [name for name, source in SOURCES.items() if note.search(source)] == []
