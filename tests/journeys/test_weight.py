"""The size of the code page at a first visit, compressed as in production."""

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders

from accounts.models import User
from tests.portal_client import Browser

MOST_BYTES = 12_000
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


def test_code_page_and_its_files_weigh_at_most_12_kb(browser: Browser, alice: User) -> None:
    browser.password(alice)
    page = browser.get("/login/verify/").content.decode()
    loaded = dict.fromkeys(["/login/verify/", *LOADED.findall(page)])
    weights = {path: weight_of(browser, path) for path in loaded}
    assert len(weights) == 6
    assert sum(weights.values()) <= MOST_BYTES, weights
