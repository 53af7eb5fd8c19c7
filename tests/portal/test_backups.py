"""Backups, tested by restoring them."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.processes.portal import Portal, demo
from tests.processes.services import MissingError, database, postgresql, required

PASSWORD = "demo demo demo demo"
OTHER_KEY = "Tm90IGEgc2VjcmV0LCBqdXN0IDMyIGJ5dGVzIGxvbmc="
BEN, ADMIN = "ben@example.com", "admin@example.com"
pytestmark = pytest.mark.processes


def tool() -> str:
    """Return the version of pg_dump; it must be no older than the server."""
    try:
        return subprocess.run(
            ["pg_dump", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except FileNotFoundError:
        raise MissingError("pg_dump is not installed.") from None


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The demo on PostgreSQL, with a logged-in person and a pending login."""
    server = required(postgresql)
    required(tool)
    with ExitStack() as exits:
        url = exits.enter_context(database(server))
        portal = exits.enter_context(demo(url, tmp_path_factory.mktemp("portal")))
        portal.start_web(workers=1)
        yield portal


def number(portal: Portal) -> str:
    found = portal.query(
        "SELECT target FROM mfa_factor JOIN accounts_user ON user_id = accounts_user.id "
        "WHERE email = %s AND status <> 'revoked'",
        BEN,
    )
    return str(found[0][0])


def link_to(portal: Portal, email: str) -> str:
    """Ask for a link to reset the password, and return its path."""
    forgetful = portal.visitor()
    forgetful.get("/password/forgot/")
    forgetful.post("/password/forgot/", email=email)
    statement = "SELECT body FROM mfa_outboxmessage WHERE target = %s ORDER BY id DESC LIMIT 1"
    return re.findall(r"/password/reset/\S+", portal.query(statement, email)[0][0])[0]


def test_from_a_restored_dump_a_person_logs_in_by_texted_code(
    portal: Portal, tmp_path: Path
) -> None:
    """Dump, create a database, restore, log in. Everything that was open has ended."""
    inside, half = portal.visitor(), portal.visitor()
    inside.password(BEN, PASSWORD)
    inside.post("/login/verify/", code=portal.code(number(portal)))
    assert inside.path == "/"
    half.password(BEN, PASSWORD)
    assert half.path == "/login/verify/"
    code = portal.code(number(portal))
    link = link_to(portal, BEN)
    portal.manage("breakglass", ADMIN, "--reason", "lost phone")

    said = portal.manage("backup", str(tmp_path))
    dump = next(tmp_path.iterdir())
    assert str(dump) in said
    assert re.fullmatch(r"portal-\d{8}T\d{6}Z\.dump", dump.name)
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    portal.web.stop()

    with ExitStack() as exits:
        url = exits.enter_context(database(required(postgresql)))
        moved = {**portal.env, "DATABASE_URL": url}
        restored = exits.enter_context(Portal(portal.url, url, portal.folder, moved))
        assert "Restored" in restored.manage("restore", str(dump))
        with pytest.raises(RuntimeError) as refused:
            restored.manage("restore", str(dump))
        assert "not empty" in str(refused.value)
        restored.start_web(workers=1)
        inside.get("/me/")
        assert inside.path.startswith("/login/")
        half.post("/login/verify/", code=code)
        assert half.path.startswith("/login/")
        assert "/login/verify/" not in half.path
        assert "This link does not work" in half.get(link)
        admin = restored.visitor()
        admin.password(ADMIN, PASSWORD)
        assert admin.path == "/login/verify/"
        again = restored.visitor()
        again.password(BEN, PASSWORD)
        again.post("/login/verify/", code=restored.code(number(restored)))
        assert again.path == "/"


def test_restore_settles_dump_loaded_by_other_tool(portal: Portal, tmp_path: Path) -> None:
    """As in containers, where the portal's image has no PostgreSQL tools."""
    portal.manage("breakglass", ADMIN, "--reason", "lost phone")
    portal.manage("backup", str(tmp_path))
    with database(required(postgresql)) as url:
        load = ["pg_restore", "--no-owner", f"--dbname={url}", str(next(tmp_path.iterdir()))]
        subprocess.run(load, check=True)
        assert "Restored" in portal.manage("restore", "--loaded", DATABASE_URL=url)
        restored = Portal(portal.url, url, portal.folder, portal.env)
        assert restored.query("SELECT 1 FROM mfa_pause WHERE until > now()") == []


def test_dump_is_useless_without_keys(portal: Portal) -> None:
    """Encrypted values stay encrypted: another key cannot read them."""
    assert "0 cannot be decrypted" in portal.manage("reencrypt", "--dry-run")
    with pytest.raises(RuntimeError) as refused:
        portal.manage("reencrypt", "--dry-run", ENCRYPTION_KEYS=OTHER_KEY)
    assert "missing key" in str(refused.value)


def test_only_the_newest_dumps_are_kept(portal: Portal, tmp_path: Path) -> None:
    for day in range(1, 5):
        (tmp_path / f"portal-2026010{day}T023000Z.dump").touch()
    (tmp_path / "somebody-else's.dump").touch()
    assert "removed 3 old dumps" in portal.manage("backup", str(tmp_path), "--keep", "2")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "portal-20260104T023000Z.dump"
    assert len(names) == 3


def test_dump_that_fails_leaves_nothing_behind(portal: Portal, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as failed:
        portal.manage("backup", str(tmp_path), DATABASE_URL=f"{portal.database}_gone")
    assert "pg_dump" in str(failed.value)
    assert list(tmp_path.iterdir()) == []


def test_missing_tool_message_says_what_to_install(portal: Portal, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as failed:
        portal.manage("backup", str(tmp_path), PATH="/nowhere")
    assert "PostgreSQL's client" in str(failed.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["backup", "/no/such/folder"], "a folder that exists"), (["restore", "none"], "no file")],
)
def test_wrong_path_is_reported(portal: Portal, words: list[str], said: str) -> None:
    with pytest.raises(RuntimeError) as refused:
        portal.manage(*words)
    assert said in str(refused.value)


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[list[str]]:
    """The URLs of two databases whose owner, as in the guide, is no superuser."""
    server = required(postgresql)
    required(tool)
    role = f"portal_{uuid4().hex[:8]}"
    with ExitStack() as exits:
        with psycopg.connect(server, autocommit=True) as root:
            root.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        exits.callback(execute, server, f"DROP ROLE {role}")
        urls = [exits.enter_context(database(server)) for _ in range(2)]
        for url in urls:
            execute(server, f"ALTER DATABASE {urlsplit(url).path[1:]} OWNER TO {role}")
        host = urlsplit(server).netloc.rpartition("@")[2]
        yield [urlsplit(url)._replace(netloc=f"{role}:secret@{host}").geturl() for url in urls]


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def manage(url: str, *arguments: object) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "ENV_FILE": "tests/check.env"}
    command = [sys.executable, "manage.py", *map(str, arguments)]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def test_owner_without_superuser_rights_migrates_dumps_and_restores(
    owned: list[str], tmp_path: Path
) -> None:
    """Also where a superuser created the module pg_trgm before."""
    first, second = owned
    server = urlsplit(required(postgresql))
    manage(first, "migrate", "-v", "0")
    manage(first, "backup", tmp_path)
    dumped = next(tmp_path.glob("*.dump"))
    execute(server._replace(path=urlsplit(second).path).geturl(), "CREATE EXTENSION pg_trgm")
    manage(second, "restore", dumped)
    with psycopg.connect(second) as connection:
        found = connection.execute("SELECT 1 FROM pg_indexes WHERE indexname = 'user_words'")
        assert found.fetchone()
