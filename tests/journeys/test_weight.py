"""The size of the login pages at a first visit, compressed as in production."""

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders

from accounts.models import User
from mfa.models import SitePolicy
from tests.authenticator import give_app
from tests.conftest import give_codes
from tests.portal_client import Browser

MOST_BYTES, MOST_HTML = 12_000, 6_000
GZIP = {"accept-encoding": "gzip"}
# Pages load whatever stands in a link, a script or a picture, and style sheets nothing more.
LOADED = re.compile(r'<(?:link|script|img|source)\b[^>]*?\b(?:href|src)="([^"]+)"')


def weight_of(browser: Browser, path: str) -> int:
    """Whitenoise compresses files this way.

    They are the same for everyone and contain no random bytes.
    """
    if not path.startswith("/static/"):
        return len(browser.get(path, headers=GZIP).content)
    content = Path(str(finders.find(path.removeprefix("/static/")))).read_bytes()
    assert b"url(" not in content
    return len(gzip.compress(content, 9))


def weights_of(browser: Browser, path: str) -> dict[str, int]:
    """Return the weight of a page and of everything it loads."""
    page = browser.get(path).content.decode()
    return {each: weight_of(browser, each) for each in dict.fromkeys([path, *LOADED.findall(page)])}


def test_login_page_and_its_files_weigh_at_most_12_kb(browser: Browser, policy: SitePolicy) -> None:
    weights = weights_of(browser, "/login/")
    assert len(weights) == 5
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_code_page_and_its_files_weigh_at_most_12_kb(browser: Browser, alice: User) -> None:
    browser.password(alice)
    weights = weights_of(browser, "/login/verify/")
    assert len(weights) == 6
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_code_page_has_at_most_6_kb_of_html(browser: Browser, alice: User) -> None:
    """Even before compression, with an error and every way offered."""
    give_codes(alice)
    give_app(alice)
    browser.password(alice)
    page = browser.post("/login/verify/", {"code": "12"})
    assert b'role="alert"' in page.content
    assert len(page.content) <= MOST_HTML
