"""`python -m tests.browser.pictures`: make the pictures of the README and the guides again.

It starts a demo of its own on a free port, with a database of its own, and writes `docs/images/`.
Name pictures to make only those: `python -m tests.browser.pictures login security`.
"""

import base64
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from cryptography.fernet import Fernet
from playwright.sync_api import Page

from tests.browser import chromium
from tests.browser.demo import ADMINS, BENS, SAMS, log_in, press, read_code, save_codes, verify

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"
WIDE, DESKTOP, PHONE = (1280, 720), (1024, 720), (430, 720)
QUALITY = 80
# Milliseconds until colors have changed
SETTLED = 400


class Camera:
    """Writes the wanted pictures, each light and dark."""

    def __init__(self, directory: Path, wanted: set[str]) -> None:
        self.directory = directory
        self.wanted = wanted

    def wants(self, *names: str) -> bool:
        """Whether one of these pictures was asked for."""
        return not self.wanted or not self.wanted.isdisjoint(names)

    def take(self, page: Page, name: str, size: tuple[int, int] = DESKTOP) -> None:
        """Write the part of a page that is in view as WebP."""
        if not self.wants(name):
            return
        page.bring_to_front()
        # A page that was in the background is drawn again only when its size changes.
        page.set_viewport_size({"width": size[0] + 1, "height": size[1]})
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_function("width => innerWidth === width", arg=size[0])
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_timeout(SETTLED)
            # Playwright itself writes no WebP.
            session = page.context.new_cdp_session(page)
            top = page.evaluate("scrollY")
            clip = {"x": 0, "y": top, "width": size[0], "height": size[1], "scale": 1}
            options = {"format": "webp", "quality": QUALITY, "clip": clip}
            shot = session.send("Page.captureScreenshot", options)
            path = self.directory / f"{name}-{theme}.webp"
            path.write_bytes(base64.b64decode(shot["data"]))
            sys.stdout.write(f"{path} {path.stat().st_size / 1000:.0f} kB\n")


def main() -> None:
    """Start the demo, walk through it and take the pictures."""
    path = chromium.find()
    if path is None:
        sys.exit("No Chromium on PATH.")
    IMAGES.mkdir(exist_ok=True)
    camera = Camera(IMAGES, set(sys.argv[1:]))
    with demo() as portal, chromium.launched(path) as browser:
        for walk, names in WALKS.items():
            if camera.wants(*names):
                walk(browser.new_context(base_url=portal, locale="en-GB").new_page(), camera)


def _person(page: Page, camera: Camera) -> None:
    page.goto("/login/")
    page.get_by_label("Email").fill("ben@example.com")
    camera.take(page, "login", PHONE)
    log_in(page, "ben@example.com")
    code = read_code(page, BENS)
    page.get_by_label("Code", exact=True).fill(f"{code[:3]} {code[3:]}")
    camera.take(page, "code", PHONE)
    press(page, "Verify Code")
    page.goto("/")
    camera.take(page, "home")
    page.goto("/me/security/")
    camera.take(page, "security")
    page.goto("/me/security/passkey/")
    page.get_by_role("button", name="Create a passkey").wait_for()
    camera.take(page, "passkey")
    page.goto("/demo/phone/")
    camera.take(page, "phone", WIDE)


def _support(page: Page, camera: Camera) -> None:
    page.goto("/login/")
    log_in(page, "sam@example.com")
    verify(page, SAMS)
    save_codes(page)
    found = page.goto("/support/")
    if found is None or not found.ok:
        sys.stdout.write("There is no support page to show.\n")
        return
    page.get_by_role("searchbox").fill("ben@example.com")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="ben@example.com").click()
    page.wait_for_load_state("load")
    camera.take(page, "support")


def _administration(page: Page, camera: Camera) -> None:
    page.goto("/admin/")
    log_in(page, "admin@example.com")
    verify(page, ADMINS)
    save_codes(page)
    page.goto("/admin/mfa/accountpolicy/")
    camera.take(page, "policy")
    page.locator("summary", has_text="Methods and codes").click()
    row = page.get_by_text("People with a passkey log in", exact=True)
    row.evaluate("row => { scrollTo(0, scrollY + row.getBoundingClientRect().top - 24); }")
    camera.take(page, "policy-passkeys")


WALKS = {
    _person: ("login", "code", "home", "security", "passkey", "phone"),
    _support: ("support",),
    _administration: ("policy", "policy-passkeys"),
}


@contextmanager
def demo() -> Iterator[str]:
    """Serve a demo from an empty database; yield its address."""
    with TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = os.environ | {
            "ENV_FILE": str(ROOT / ".env.example"),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": f"sqlite:///{folder}/pictures.sqlite3",
            "PORT": str(port),
            # Passkeys work at no IP address.
            "BASE_URL": f"http://localhost:{port}",
        }
        for command in (["collectstatic", "--no-input"], ["migrate"], ["demo"]):
            _manage(command, environment).wait()
        server = _manage(["runserver", "--noreload", f"127.0.0.1:{port}"], environment)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait()


def _manage(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    program = [sys.executable, str(ROOT / "manage.py"), *command]
    return subprocess.Popen(
        program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait_for(address: str, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urlopen(address, timeout=5).close()
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    main()
