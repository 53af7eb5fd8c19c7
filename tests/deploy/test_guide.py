"""The operators' guide names commands, settings, metrics and files that exist."""

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


def test_its_commands_exist() -> None:
    named = set(re.findall(r"\bmanage(?:\.py)? ([a-z_]+)\b", GUIDE))
    table = GUIDE.partition("## Commands")[2].partition("\n## ")[0]
    named |= set(re.findall(r"^\| `([a-z_]+)", table, re.MULTILINE))
    assert {"doctor", "why", "prune", "test_sms", "test_email", "backup", "restore"} <= named
    assert named - set(get_commands()) - {"demo"} == set()


def test_its_settings_are_read() -> None:
    named = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", GUIDE))
    assert named - OTHERS <= settings_read()


def test_its_metrics_are_told(clock, db) -> None:
    table = set(re.findall(r"^\| `(portal_\w+)`", GUIDE, re.MULTILINE))
    told = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.Tallied().collect()
    }
    assert table == told


@pytest.mark.parametrize("path", re.findall(r"\b(?:deploy|docs|tests)/[\w./-]*\w", GUIDE))
def test_its_files_are_there(path: str) -> None:
    assert (ROOT / path).exists() or path in {"deploy/portal.env", "deploy/db.env", "deploy/tls"}
