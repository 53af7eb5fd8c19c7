"""The setup finds a working Python, installs once, and reports what it does."""

import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = f"""#!/bin/sh
if [ "$1" = -m ]; then mkdir -p "$4/bin" && cp "$0" "$4/bin/python"; exit; fi
exec "{sys.executable}" "$@"
"""
FAILS = "#!/bin/sh\necho 'not installed' >&2\nexit 127\n"
LACKS_VENV = "#!/bin/sh\nexit 2\n"
LOCK = f"nobody-wrote-this==1.0 \\\n    --hash=sha256:{'0' * 64}\n"


class Machine:
    """A checkout in a folder with a space, with programs on the PATH beside it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.bin = folder / "home", folder / "bin"
        self.checkout = folder / "a checkout"
        for path in (self.home, self.bin, self.checkout / ".ci"):
            path.mkdir(parents=True)
        shutil.copy(ROOT / ".ci/venv", self.checkout / ".ci/venv")
        for name in ("sh", "dirname", "mkdir", "cp"):
            (self.bin / name).symlink_to(shutil.which(name))

    def add(self, path: Path, script: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
        return path

    def make(self, *asked: str) -> subprocess.CompletedProcess[str]:
        """Run .ci/venv as the Makefile does."""
        env = {"PATH": str(self.bin), "HOME": str(self.home)}
        command = [self.bin / "sh", self.checkout / ".ci/venv", *asked]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    @property
    def made(self) -> bool:
        return (self.checkout / ".venv/bin/python").exists()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_setup_skips_broken_python(machine: Machine) -> None:
    machine.add(machine.bin / "python3.11", FAILS)
    machine.add(machine.bin / "python3.13", RUNS)
    done = machine.make()
    assert machine.made
    assert f"Python {sys.version.split()[0]}, {sys.executable}" in done.stdout


def test_pyenv_folder_is_searched(machine: Machine) -> None:
    machine.add(machine.home / ".pyenv/versions/3.13.0/bin/python", RUNS)
    assert machine.make().returncode == 0
    assert machine.made


def test_requested_python_is_used(machine: Machine) -> None:
    machine.add(machine.bin / "python3.11", FAILS)
    mine = machine.add(machine.home / "my python/python", RUNS)
    assert machine.make(str(mine)).returncode == 0
    assert machine.made


@pytest.mark.parametrize(
    ("script", "asked", "said"),
    [
        (LACKS_VENV, [], "apt-get install python3.11-venv"),
        (FAILS, [], "No Python from 3.11 to 3.13 runs here"),
        (FAILS, ["python3.11"], "PYTHON=python3.11 is not a Python from 3.11 to 3.13"),
    ],
    ids=["without venv", "none", "not the one asked for"],
)
def test_missing_python_is_reported(
    machine: Machine, script: str, asked: list[str], said: str
) -> None:
    machine.add(machine.bin / "python3.11", script)
    done = machine.make(*asked)
    assert said in done.stderr
    assert done.returncode == 1
    assert not machine.made


def test_existing_environment_is_kept(machine: Machine) -> None:
    machine.add(machine.checkout / ".venv/bin/python", RUNS)
    other = machine.add(machine.bin / "python3.13", "#!/bin/sh\necho 3.13.9\n")
    assert machine.make().stdout == ""
    done = machine.make(str(other))
    assert "rm -r .venv" in done.stderr
    assert done.returncode == 1


# Installing


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script with its own stamp. pip reaches no index."""
    spec = spec_from_file_location("installer", ROOT / ".ci/install.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "STAMP", tmp_path / "installed")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    (tmp_path / "base.txt").write_text("")
    (tmp_path / "lock.txt").write_text(LOCK)
    return module


def test_missing_network_is_reported(
    installer: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert installer.main(tmp_path / "lock.txt") != 0
    said = capfd.readouterr()
    assert "Installing the 1 packages" in said.out
    assert "nobody-wrote-this" in said.err
    assert "pip needs the network" in said.err
    assert not installer.STAMP.exists()


def test_installed_packages_need_no_network(
    installer: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert installer.main(tmp_path / "base.txt") == 0
    capfd.readouterr()
    assert installer.main(tmp_path / "base.txt") == 0
    assert capfd.readouterr().out == ""


def test_changed_lock_is_installed_again(installer: ModuleType, tmp_path: Path) -> None:
    assert installer.main(tmp_path / "base.txt") == 0
    (tmp_path / "base.txt").write_text(LOCK)
    assert installer.main(tmp_path / "base.txt") != 0


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Collecting django==5.2.19 (from -r base.txt (line 618))\n", ["django 5.2.19"]),
        ("Collecting psycopg[binary,pool]==3.3.9 (from x)\n", ["psycopg 3.3.9"]),
        ("Processing /a folder/aiosignal-1.4.0-py3-none-any.whl (from x)\n", ["aiosignal 1.4.0"]),
        ("Installing collected packages: a, b\n", ["unpacking them"]),
        ("  Using cached django-5.2.19-py3-none-any.whl\n", []),
    ],
)
def test_pip_downloads_are_shown(installer: ModuleType, line: str, shown: list[str]) -> None:
    assert list(installer.progress(line)) == shown
