"""The example of docs/build-on-it.md runs as written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "build-on-it.md"
BLOCK = re.compile(r"```(?:python|html)\n(?:# |<!-- )(\S+)(?: -->)?\n(.*?)```", re.DOTALL)
JOURNEY = """
from mfa.session_engine import SessionStore
from tests.portal_client import Browser


def test_person_reads_payslip(alice):
    browser = Browser()
    assert browser.get("/payslips/").url == "/login/?next=/payslips/"
    browser.log_in(alice)
    page = browser.get("/payslips/").content.decode()
    assert "This session has level 2." in page
    assert 'href="/payslips/october/"' in page
    assert "Payslip for october" in browser.get("/payslips/october/").content.decode()
    store = SessionStore(browser.cookies["session"].value)
    about = store["mfa_about"]
    store["mfa_about"] = {**about, "proofs": dict.fromkeys(about["proofs"], 0.0)}
    store.save()
    assert browser.get("/payslips/october/").url.startswith("/me/confirm/?next=%2Fpayslips")
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The files of the guide in their own folder."""
    files = dict(BLOCK.findall(GUIDE.read_text()))
    for name, text in {**files, "mysite/__init__.py": "", "payslips/__init__.py": ""}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_example_of_guide_runs(site: Path) -> None:
    # The test suite's settings instead of the portal's: a trivial hash and a separate database.
    settings = site / "mysite" / "settings.py"
    settings.write_text(settings.read_text().replace("portal.settings", "tests.settings"))
    (site / "conftest.py").write_text("from tests.conftest import alice, policy\n")
    (site / "test_payslips.py").write_text(JOURNEY)
    run = subprocess.run(
        [
            sys.executable, "-m", "pytest", "--quiet", "-pno:cacheprovider",
            "--config-file=/dev/null", f"--rootdir={site}", "--ds=mysite.settings",
            str(site / "test_payslips.py"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}", "TMPDIR": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout
