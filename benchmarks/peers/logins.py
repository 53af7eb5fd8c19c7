"""How one person logs in to each product: the same steps over HTTP and inside its process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.peers.browser import Browser

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Person:
    """A person. `name` is what they type, `number` where their codes go."""

    name: str
    number: str
    address: str


# What a provider posts: path, fields and headers
Post = tuple[str, dict[str, str], dict[str, str]]


class Phone(Protocol):
    """What the person's phone and the provider of texts know."""

    def code(self, person: Person) -> str:
        """Return the newest code."""

    def receipts(self, person: Person) -> list[Post]:
        """Return what the provider posts about the newest text."""


@dataclass(frozen=True, slots=True)
class Files:
    """The peers' gateway writes codes to a file for each number, and gets no receipts."""

    folder: Path

    def code(self, person: Person) -> str:
        """Return the newest code."""
        return (self.folder / person.number).read_text().split()[-1]

    def receipts(self, _person: Person) -> list[Post]:
        """Return nothing."""
        return []


Login = Callable[[Browser, Person, Phone], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table: a product, how to log in, and the text of its home page."""

    name: str
    site: str
    log_in: Login
    mfa: bool = True
    title: str = ""


def _plain(browser: Browser, person: Person, _phone: Phone) -> None:
    browser.get("/login/")
    browser.submit(username=person.name, password=PASSWORD)
    _in(browser, person)


def _allauth(browser: Browser, person: Person, phone: Phone) -> None:
    browser.get("/accounts/login/")
    browser.submit(login=person.name, password=PASSWORD)
    browser.submit(code=phone.code(person))
    _in(browser, person)


def _two_factor(browser: Browser, person: Person, phone: Phone) -> None:
    browser.get("/account/login/")
    browser.submit(**{"auth-username": person.name, "auth-password": PASSWORD})
    browser.submit(**{"token-otp_token": phone.code(person)})
    _in(browser, person)


def _ours(browser: Browser, person: Person, phone: Phone) -> None:
    """With one poll of the code page's script, and the provider's two receipts."""
    browser.get("/login/")
    browser.submit(email=person.name, password=PASSWORD)
    code = phone.code(person)
    assert browser.ask("GET", "/login/verify/status/").status == 200
    for path, fields, headers in phone.receipts(person):
        assert browser.ask("POST", path, fields, headers).status == 204
    browser.submit(code=code)
    _in(browser, person)


def _ours_by_password(browser: Browser, person: Person, _phone: Phone) -> None:
    browser.get("/login/")
    browser.submit(email=person.name, password=PASSWORD)
    _in(browser, person)


def _in(browser: Browser, person: Person) -> None:
    assert person.name in browser.html, browser.html[:2000]


ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("plain", "plain", _plain, title="plain Django, just the password"),
        Entry("allauth", "allauth", _allauth, title="django-allauth, by text"),
        Entry("twofactor", "twofactor", _two_factor, title="django-two-factor-auth, by text"),
        Entry("ours", "portal", _ours, title="ours as shipped, by text"),
        Entry("ours-small", "small", _ours, title="ours with a home page like theirs, by text"),
        Entry(
            "ours-password", "portal", _ours_by_password, mfa=False, title="ours, just the password"
        ),
        Entry(
            "ours-password-small",
            "small",
            _ours_by_password,
            mfa=False,
            title="ours with a home page like theirs, just the password",
        ),
    )
}
