"""A browser that uses only the standard library, so it runs in every environment."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

FORM = "application/x-www-form-urlencoded"
REDIRECTS = {301, 302, 303}


class _Forms(HTMLParser):
    """The forms of a page: their targets and hidden fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], set[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of the last one."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((said.get("action", ""), {}, set()))
        elif tag in {"input", "button"} and self.found and "name" in said:
            _action, hidden, names = self.found[-1]
            names.add(said["name"])
            if said.get("type") == "hidden":
                hidden[said["name"]] = said.get("value", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a site."""

    status: int
    location: str
    html: str
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Browser:
    """Follows redirects as separate requests. `requests` and `size` count them."""

    path: str = ""
    html: str = ""
    requests: int = 0
    size: int = 0

    def get(self, path: str) -> None:
        """Open a page, and follow redirects."""
        self._follow("GET", path, None)

    def submit(self, **values: str) -> None:
        """Submit the current page's form that has these fields."""
        forms = _Forms(self.html).found
        action, hidden, _names = next(form for form in forms if values.keys() <= form[2])
        self._follow("POST", urljoin(self.path, action), {**hidden, **values})

    def _follow(self, method: str, path: str, fields: dict[str, str] | None) -> None:
        while True:
            answer = self.ask(method, path, fields)
            assert answer.status < 400, (method, path, answer.status, answer.html[:2000])
            self.path = path
            if answer.status not in REDIRECTS:
                self.html = answer.html
                return
            target = urlsplit(urljoin(path, answer.location))
            path = f"{target.path}?{target.query}" if target.query else target.path
            method, fields = "GET", None

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request."""
        answer = self.send(method, path, urlencode(fields or {}), dict(headers or {}))
        self.requests += 1
        self.size += len(answer.html.encode())
        return answer

    def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        """Send a request."""
        raise NotImplementedError


@dataclass
class HttpBrowser(Browser):
    """Over the loopback interface, with a new connection for each request."""

    host: str = ""
    address: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        """Send a request over HTTP."""
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {"Cookie": jar, "X-Forwarded-For": self.address, "User-Agent": "Firefox Linux"}
        if method == "POST":
            headers["Content-Type"] = FORM
        connection = HTTPConnection(self.host, timeout=60)
        began = time.perf_counter()
        connection.request(method, path, body if method == "POST" else None, headers)
        response = connection.getresponse()
        html = response.read().decode()
        self.seconds += time.perf_counter() - began
        connection.close()
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: one.value for name, one in SimpleCookie(header).items()}
        return Answer(response.status, response.headers.get("Location", ""), html)
