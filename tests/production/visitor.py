"""A person with a browser, over HTTP: keeps cookies, and posts the forms that it was shown."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import TypeVar

import requests

Found = TypeVar("Found")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """`page` is the text of the page one is on, `path` its address, `status` its status."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.page = self.path = ""
        self.status = 0

    def get(self, path: str) -> str:
        return self._see(self.session.get(self.url + path, timeout=20))

    def post(self, path: str, **fields: str) -> str:
        data = {"csrfmiddlewaretoken": self.token, **fields}
        return self._see(
            self.session.post(
                self.url + path, data, headers={"Referer": self.url + self.path}, timeout=20
            )
        )

    @property
    def token(self) -> str:
        found = TOKEN.search(self.page)
        assert found, f"no form on {self.path}: {self.page[:500]}"
        return found[1]

    def password(self, email: str, password: str, next_path: str = "") -> str:
        self.get("/login/")
        return self.post("/login/", email=email, password=password, next=next_path)

    def _see(self, response: requests.Response) -> str:
        self.page = unescape(response.text)
        self.path = response.url.removeprefix(self.url)
        self.status = response.status_code
        return self.page


def soon(look: Callable[[], Found | None], within: float = 10) -> Found:
    """Return what `look` finds, within seconds."""
    ends = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < ends, "it did not come in time"
        time.sleep(0.05)
    return found
