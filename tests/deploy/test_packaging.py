"""Packages match what they start: commands, modules, paths, settings, hardening."""

import importlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.architecture.test_settings import read as settings_read

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
SCRIPTS = Path(sys.executable).parent
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "portal"}
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
# The hardening of each service (systemd.exec(5))
HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "UMask": "0077",
    "User": "portal",
}


def options(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def demand_that_it_starts(words: list[str]) -> None:
    """Check that the program is installed, and that its commands and modules exist."""
    program, *rest = words
    name = Path(program).name
    assert (SCRIPTS / name).exists(), name
    match name:
        case "gunicorn":
            assert importlib.import_module(rest[0]).application
        case "python":
            assert rest[0] == "manage.py"
            assert load_command_class(get_commands()[rest[1]], rest[1])
        case _:
            pytest.fail(f"{name} is none of what we start")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_service_starts_existing_program(unit: Path) -> None:
    [command] = options(unit)["ExecStart"]
    assert command.startswith("/opt/portal/.venv/bin/")
    demand_that_it_starts(shlex.split(command))


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_service_is_hardened(unit: Path) -> None:
    found = options(unit)
    assert {name: found.get(name, [None])[0] for name in HARDENING} == HARDENING
    assert found["WorkingDirectory"] == ["/opt/portal"]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_service_names_settings_that_are_read(unit: Path) -> None:
    named = {value.partition("=")[0] for value in options(unit)["Environment"]}
    assert named - {"PYTHONDONTWRITEBYTECODE"} <= settings_read()


def test_target_wants_every_permanent_service() -> None:
    wanted = options(DEPLOY / "systemd/portal.target")["Wants"][0].split()
    staying = {unit.name for unit in SERVICES if "oneshot" not in unit.read_text()}
    assert set(wanted) == staying


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_verifies_units(tmp_path: Path) -> None:
    # Links, because systemd splits a path at a space
    (tmp_path / "scripts").symlink_to(SCRIPTS)
    (tmp_path / "code").symlink_to(ROOT)
    for unit in UNITS:
        # Verified where the programs are installed. /opt/portal is the operator's.
        here = unit.read_text().replace("/opt/portal/.venv/bin", str(tmp_path / "scripts"))
        here = here.replace("/opt/portal", str(tmp_path / "code"))
        (tmp_path / unit.name).write_text(re.sub(r"(User|Group)=portal", r"\1=root", here))
    units = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert "portal" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("name", [name for name in OURS if "command" in OURS[name]])
def test_container_starts_existing_program(name: str) -> None:
    demand_that_it_starts(OURS[name]["command"])


@pytest.mark.parametrize(
    "commands",
    [
        [options(unit)["ExecStart"][0].split() for unit in SERVICES],
        [each.get("command", []) for each in OURS.values()],
    ],
    ids=["systemd", "compose"],
)
def test_each_queue_has_its_worker(commands: list[list[str]]) -> None:
    queues = [words[words.index("worker") + 1] for words in commands if "worker" in words]
    assert sorted(queues) == sorted(settings.CELERY_TASK_QUEUES)


@pytest.mark.parametrize("name", OURS)
def test_containers_have_few_privileges(name: str) -> None:
    each = OURS[name]
    assert each["read_only"] is True
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]


def test_all_parts_exist() -> None:
    ours = {"web", "texts", "worker", "bulk", "beat", "migrate"}
    assert set(COMPOSE["services"]) == {*ours, "db", "proxy", "redis"}
    assert COMPOSE["services"]["proxy"]["ports"] == ["80:80", "443:443"]
    needs = {name for each in COMPOSE["services"].values() for name in each.get("depends_on", ())}
    assert needs <= set(COMPOSE["services"])


def test_compose_settings_are_known_and_sufficient() -> None:
    text = (DEPLOY / "portal.env.example").read_text()
    named = set(re.findall(r"^(\w+)=", text, re.MULTILINE))
    assert named <= settings_read()
    assert {"SECRET_KEY", "ENCRYPTION_KEYS", "BASE_URL", "DATABASE_URL", "BROKER_URL"} <= named
    assert re.search(r"^SECRET_KEY=$", text, re.MULTILINE)


def test_image_copies_existing_files() -> None:
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    paths = [path for line in copied for path in line.split()]
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path
        assert path.split("/")[0] in allowed, path


def test_image_runs_unprivileged_without_secrets() -> None:
    _comment, _build, last = re.split(r"^FROM ", CONTAINERFILE, flags=re.MULTILINE)
    assert re.search(r"^USER 10001$", last, re.MULTILINE)
    assert "SECRET_KEY" not in last
    assert "/healthz" in last


def test_image_starts_existing_program() -> None:
    [command] = re.findall(r"^CMD \[(.+)\]$", CONTAINERFILE, re.MULTILINE)
    demand_that_it_starts([word.strip(' "') for word in command.split(",")])


def test_static_files_are_collected_with_placeholder_keys(tmp_path: Path) -> None:
    """As the Containerfile does."""
    [line] = re.findall(
        r"^RUN (SECRET_KEY=.+ collectstatic --no-input)$", CONTAINERFILE, re.MULTILINE
    )
    words = shlex.split(line)
    env = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--dry-run"],
        cwd=ROOT,
        env={**env, "ENV_FILE": "/dev/null", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_gunicorn_reads_its_file_and_trusts_no_header() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "portal.wsgi", "--print-config"],
        cwd=ROOT,
        env={"ENV_FILE": "tests/check.env", "WEB_CONCURRENCY": "3", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    config = dict(re.findall(r"^(\w+)\s+= (.*)$", done.stdout, re.MULTILINE))
    assert config["workers"] == "3"
    assert config["worker_class"] == "portal.workers.Worker"
    assert config["control_socket_disable"] == "True"
    assert "127.0.0.1" not in config["forwarded_allow_ips"]
