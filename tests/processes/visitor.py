"""A person with a browser over HTTP: it keeps cookies, and posts the forms that it gets."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

Found = TypeVar("Found")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
# The fields of an admin form about the row that it shows
SEEN = re.compile(r'name="_seen" value="([^"]*)"')
REDIRECTS = {301, 302, 303}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `location` is its redirect, `seconds` its duration from the first byte sent."""

    status: int
    location: str
    body: str
    seconds: float


class Visitor:
    """`page` is the text of the current page, `path` its URL, `status` its status.

    `html` is the page's source.

    Many threads can `send` at once, like a person who clicks repeatedly.
    """

    def __init__(self, url: str, timeout: float = 30) -> None:
        self.host = urlsplit(url).netloc
        self.timeout = timeout
        self.cookies: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.page = self.html = self.path = self.token = ""
        self.seen: dict[str, str] = {}
        self.status = 0

    def get(self, path: str) -> str:
        """Open a page, and follow redirects."""
        return self._follow("GET", path)

    def post(self, path: str, **fields: str) -> str:
        """Post a form, and follow redirects."""
        return self._follow("POST", path, fields)

    def password(self, email: str, password: str, next_path: str = "") -> str:
        self.get("/login/")
        return self.post("/login/", email=email, password=password, next=next_path)

    def connect(self) -> HTTPConnection:
        return HTTPConnection(self.host, timeout=self.timeout)

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """Request once without following redirects. Keep cookies and CSRF token of the answer."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self.headers, "Cookie": cookies}
        body = None
        if method == "POST":
            hidden = {"csrfmiddlewaretoken": self.token, **self.seen}
            body = urlencode({**hidden, **(fields or {})}, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        seconds = time.perf_counter() - began
        self._keep(response.headers.get_all("Set-Cookie", []), text)
        return Answer(response.status, response.headers.get("Location", ""), text, seconds)

    def _follow(self, method: str, path: str, fields: dict[str, str] | None = None) -> str:
        answer = self.send(method, path, fields)
        while answer.status in REDIRECTS:
            path = urljoin(path, answer.location)
            answer = self.send("GET", path)
        self.html, self.path, self.status = answer.body, path, answer.status
        self.page = unescape(self.html)
        return self.page

    def _keep(self, set_cookies: list[str], text: str) -> None:
        for header in set_cookies:
            for name, cookie in SimpleCookie(header).items():
                if cookie.value:
                    self.cookies[name] = cookie.value
                else:
                    self.cookies.pop(name, None)
        if found := TOKEN.search(text):
            self.token = found[1]
        if text:
            seen = SEEN.search(text)
            self.seen = {"_seen": unescape(seen[1])} if seen else {}


def soon(look: Callable[[], Found | None], within: float = 10) -> Found:
    """Return what `look` finds within some seconds."""
    ends = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < ends, "it did not come in time"
        time.sleep(0.05)
    return found
