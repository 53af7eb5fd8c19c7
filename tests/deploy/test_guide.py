"""Commands, settings, metrics and files named in the guides exist."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from portal import metrics
from tests.architecture.test_settings import read as settings_read

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = (ROOT / "docs/operators.md").read_text()
# Read by libraries and by PostgreSQL's image
OTHERS = {"HTTPS_PROXY", "NO_PROXY", "POSTGRES_DB", "POSTGRES_USER"}


def test_commands_in_guide_exist() -> None:
    named = set(re.findall(r"\bmanage(?:\.py)? ([a-z_]+)\b", GUIDE))
    table = GUIDE.partition("## Commands")[2].partition("\n## ")[0]
    named |= set(re.findall(r"^\| `([a-z_]+)", table, re.MULTILINE))
    assert {"doctor", "why", "prune", "test_sms", "test_email", "backup", "restore"} <= named
    assert named - set(get_commands()) - {"demo"} == set()


def test_settings_in_guide_exist() -> None:
    named = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", GUIDE))
    assert named - OTHERS <= settings_read()


def test_metrics_in_guide_exist(clock, db) -> None:
    table = set(re.findall(r"^\| `(portal_\w+)`", GUIDE, re.MULTILINE))
    told = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.Tallied().collect()
    }
    assert table == told


@pytest.mark.parametrize("path", re.findall(r"\b(?:deploy|docs|tests)/[\w./-]*\w", GUIDE))
def test_files_in_guide_exist(path: str) -> None:
    assert (ROOT / path).exists() or path in {"deploy/portal.env", "deploy/db.env", "deploy/tls"}


CONTRIBUTING = (ROOT / "docs/contributing.md").read_text()
FOLDERS = "accounts|benchmarks|deploy|docs|mfa|portal|requirements|templates|tests"


def test_files_in_contributing_exist() -> None:
    named = set(re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", CONTRIBUTING))
    assert {name for name in named if not (ROOT / name).exists()} == {"templates/mfa/example.html"}
