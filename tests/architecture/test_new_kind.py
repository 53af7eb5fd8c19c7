"""A new kind of factor changes at most six existing files."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_house import ROOT, TRACKED

OWN = Path(__file__).parent / "new_kind" / "own"
MOST = 6
# By file: the text after which the new kind adds a line, and the line
EDITS = {
    "mfa/rules/methods.py": [
        ('    PHONE = "phone"\n', '    PIN = "pin"\n'),
        ('    SMS = "sms"\n', '    PIN = "pin"\n'),
        (
            "    Method.PHONE: Way(ChannelName.SMS, 2),\n",
            "    Method.PIN: Way(ChannelName.PIN, 2),\n",
        ),
    ],
    "mfa/models/factors.py": [
        ('        PHONE = Method.PHONE, _("phone")\n', '        PIN = Method.PIN, _("pin")\n')
    ],
    "mfa/factors/__init__.py": [
        ("from mfa.factors import email, passkey, phone, ", "pin, "),
        ("email.KIND, totp.KIND, ", "pin.KIND, "),
    ],
    "mfa/models/audit.py": [
        (
            '    APP_ADDED = "app_added", _("An authenticator app was added.")\n',
            '    PIN_SET = "pin_set", _("A PIN was set.")\n',
        ),
        ("        Event.APP_ADDED,\n", "        Event.PIN_SET,\n"),
    ],
    "mfa/urls.py": [
        (
            "urlpatterns = [\n",
            """    path("login/pin/", pin.pin, name="pin"),
    path("login/enroll/pin/", pin.enroll_pin, name="enroll_pin"),
""",
        ),
        ("from django.urls import include, path\n", "from mfa.views import pin\n"),
    ],
}

# Files of passkeys alone. The others have "passkey" in their names.
OWN_FILES = {"mfa/login/automatic.py", "mfa/views/automatic.py"}
# What passkeys changed outside of them
PASSKEYS = {
    "accounts/urls.py",
    "mfa/factors/__init__.py",
    "mfa/models/audit.py",
    "mfa/models/factors.py",
    "mfa/rules/methods.py",
    "mfa/urls.py",
}
# How code names a kind, its events, its tables and its modules. Words for people may name it
# anywhere, and so may the settings of a policy that are about it.
NAMED = re.compile(
    r"\b(?:Method|ChannelName|Factor\.Kind|Kind)\.PASSKEY\b|\bEvent\.PASSKEY_|\bPASSKEY_\w+ = "
    r"|^from \S*passkeys?\S* import|^from .* import .*\bpasskeys?\b|^    passkeys?,$"
    r"|select_related\(\"passkey|[!=]= \"passkey\"",
    re.MULTILINE,
)
# Pages that offer passkeys on their own: the page that the browser's autofill fills, and the nudge
OFFERS = {"templates/accounts/login.html", "templates/home.html", "templates/components/nudge.html"}
LEADS = re.compile(r"""[{%][^%}]*(?:passkey\.\w|"passkey"|_passkey")""")


def test_new_kind_changes_at_most_six_files() -> None:
    assert len(EDITS) <= MOST
    assert len(PASSKEYS) <= MOST


def test_only_these_files_name_passkeys() -> None:
    """A new place belongs to the kind: an attribute of Way or Kind, or a group of events."""
    assert _naming(NAMED, ("accounts", "mfa", "portal"), ".py") == PASSKEYS


def test_shared_templates_leave_passkeys_to_their_own() -> None:
    assert _naming(LEADS, ("templates",), ".html") <= OFFERS


def _naming(pattern: re.Pattern[str], folders: tuple[str, ...], ending: str) -> set[str]:
    paths = [path.relative_to(ROOT) for path in TRACKED if path.suffix == ending]
    return {
        str(path)
        for path in paths
        if path.parts[0] in folders
        and "passkey" not in str(path)
        and str(path) not in OWN_FILES
        and "migrations" not in path.parts
        and pattern.search((ROOT / path).read_text())
    }


def test_each_changed_place_exists_once() -> None:
    assert [
        (name, line)
        for name, edits in EDITS.items()
        for line, _new in edits
        if (ROOT / name).read_text().count(line) != 1
    ] == []


@pytest.mark.full
def test_new_kind_logs_in_with_these_changes(tmp_path: Path) -> None:
    """In a copy of the portal, where the other tests of kinds and pages see the new one too."""
    for path in TRACKED:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    shutil.copytree(OWN, tmp_path, dirs_exist_ok=True)
    for name, edits in EDITS.items():
        _edit(tmp_path / name, edits)
    tests = ["tests/mfa/views/pin_journey.py", "tests/mfa/factors/test_kinds.py"]
    options = ["--quiet", "--nomigrations", "-p", "no:cacheprovider", "-p", "no:xdist"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if "PYTEST" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _edit(path: Path, edits: list[tuple[str, str]]) -> None:
    text = path.read_text()
    for line, new in edits:
        text = text.replace(line, line + new)
    path.write_text(text)
