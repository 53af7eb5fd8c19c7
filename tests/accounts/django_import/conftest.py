"""Dumps of real projects with the packages' own tables, made once in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from accounts.people.hashers import Argon2idHasher

# Each package's dump in another form that dumpdata offers
FORMS = {
    "otp": ("--format", "jsonl"),
    "two_factor": ("--natural-foreign", "--natural-primary"),
    "allauth": ("--indent", "2"),
}


class Cheap(Argon2idHasher):
    memory_cost = 8


@dataclass(frozen=True)
class Dump:
    path: Path
    facts: list[dict]
    database: str


@pytest.fixture(scope="session")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Dump]:
    made: dict[tuple[str, int], Dump] = {}

    def make(package: str, people: int) -> Dump:
        if (package, people) not in made:
            folder = tmp_path_factory.mktemp("dump")
            made[package, people] = run(package, people, folder)
        return made[package, people]

    return make


def run(package: str, people: int, folder: Path, database: str = "") -> Dump:
    """Make the people in a new SQLite file, or in an empty database."""
    path, database = folder / f"{package}.json", database or f"sqlite:///{folder}/{package}.sqlite3"
    project = "tests.django_import.project"
    command = [sys.executable, "-m", project, str(people), str(path), *FORMS[package]]
    env = {**os.environ, "PACKAGE": package, "DATABASE": database}
    env["DJANGO_SETTINGS_MODULE"] = f"{project}.settings"
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Dump(path, json.loads(done.stdout.splitlines()[-1]), database)


@pytest.fixture(autouse=True)
def _hashers(settings) -> None:
    """The portal's own two, with a cheap form of the first."""
    settings.PASSWORD_HASHERS = [
        "tests.accounts.django_import.conftest.Cheap",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
