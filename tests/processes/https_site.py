"""A portal as in production for the security trial, with its people and the attackers' tools."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import django

from tests.processes import people, portal as portals
from tests.processes.front import HOME, Browser, Front
from tests.processes.portal import PASSWORD, Company, code_in
from tests.processes.visitor import soon

if TYPE_CHECKING:
    from accounts.models import User

Outcome = TypeVar("Outcome")
SESSION = "__Host-session"
LOGIN, VERIFY = "/login/", "/login/verify/"


@dataclass
class Site:
    """The portal behind its TLS proxy."""

    company: Company
    front: Front
    made: dict[str, int] = field(default_factory=dict)

    def browser(self, source: str = HOME) -> Browser:
        return Browser(self.front.url, source)

    def person(self, name: str, *, phone: bool = True, group: str = "", **fields: object) -> "User":
        """Create a person with a phone, or one who never enrolled."""
        from django.contrib.auth.models import Group
        from django.utils import timezone

        from accounts.models import User
        from mfa.models import Factor

        self.made[name] = number = self.made.get(name, 0) + 1
        now = timezone.now()
        fields = {"password": _hashed(), "mailbox_proven_at": now, **fields}
        if phone:
            fields["ever_bound_at"] = now
        user = User.objects.create(email=f"{name}{number}@example.com", **fields)
        if phone:
            target = people.number_of(user.email)
            Factor.objects.create(user=user, target=target, confirmed_at=now)
        if group:
            user.groups.add(Group.objects.get(name=group))
        return user

    def staff(self, name: str, group: str = "") -> "User":
        """Create support staff or an administrator, or a superuser without a group."""
        from mfa.client import Client
        from mfa.factors import recovery_codes

        user = self.person(name, group=group, is_staff=True, is_superuser=not group)
        # They need a backup beside the phone.
        recovery_codes.make(user, client=Client("", ""))
        user.refresh_from_db()
        return user

    def texts(self, user: "User") -> list[str]:
        """Return the texts with a code."""
        texts = self.company.texts(people.number_of(user.email))
        return [text for text in texts if re.search(r"\b\d{6}\b", text)]

    def mails(self, user: "User", word: str = "") -> list[str]:
        """Return the emails to a person, as text and HTML, that contain a word."""
        found = [mail for mail in list(self.company.mailbox.mails) if mail["to"] == user.email]
        bodies = [f"{mail['subject']}\n{mail.as_string()}" for mail in found]
        return [body for body in bodies if word.lower() in body.lower()]

    def next_code(self, user: "User", after: int) -> str:
        return code_in(soon(lambda: self.texts(user)[after:], within=20)[0])

    def password(self, user: "User", browser: Browser, *, word: str = PASSWORD) -> str:
        """Enter a password. Return the next page."""
        browser.password(user.email, word)
        return browser.path.partition("?")[0]

    def log_in(self, user: "User", browser: Browser | None = None, source: str = HOME) -> Browser:
        """Log in by password and texted code."""
        browser = browser or self.browser(source)
        after = len(self.texts(user))
        assert self.password(user, browser) == VERIFY, browser.path
        browser.post(VERIFY, code=self.next_code(user, after))
        assert not browser.path.startswith(LOGIN), browser.path
        return browser

    def log(self) -> str:
        return self.company.log.read_text(errors="replace")

    def events(self, event: str, user: "User") -> int:
        return self.company.events(event, user.email)


@contextmanager
def site(database: str, broker: str, folder: Path) -> Iterator[Site]:
    """Start everything: several web processes, two workers, a beat and TLS in front."""
    temporary = folder / "tmp"
    temporary.mkdir()
    settings = {"TRUSTED_PROXIES": HOME, "LOG_LEVEL": "INFO", "TMPDIR": str(temporary)}
    with (
        portals.company(database, broker, folder, **settings) as company,
        Front(folder / "front", company.url) as front,
    ):
        company.env["BASE_URL"] = front.url
        os.environ.update(company.env)
        django.setup()
        people.enroll(company, "warm")
        _trust_mail()
        company.start_web(workers=3)
        company.start_worker()
        yield Site(company, front)


def _trust_mail() -> None:
    """Record a successful mail test, as the account policy's button does."""
    from django.utils import timezone

    from mfa.models.channel_health import ChannelHealth, mail_config

    now = timezone.now()
    ChannelHealth.note(mail_tested_at=now, mail_test_config=mail_config())


@cache
def _hashed() -> str:
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


def stale(browser: Browser) -> None:
    """Make a session's proofs an hour old."""
    from mfa.session_engine import ABOUT, SessionStore
    from mfa.sessions.proofs import PROOFS

    store = SessionStore(browser.cookies[SESSION])
    about = store[ABOUT]
    proofs = {by: at - 3600 for by, at in about[PROOFS].items()}
    store[ABOUT] = {**about, PROOFS: proofs}
    store.save()


def is_in(browser: Browser, page: str = "/me/") -> bool:
    """Whether a browser can still open a page that needs a login."""
    return browser.send("GET", page).status == 200


def burst(work: Sequence[Callable[[], Outcome]]) -> list[Outcome]:
    """Run everything at once."""
    gate = Barrier(len(work))

    def run_one(one: Callable[[], Outcome]) -> Outcome:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(run_one, work))


class Forms(HTMLParser):
    """Reads what a browser would post for each form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self._select = self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input":
            self._input(has, dict(attrs))
        elif tag == "select":
            self._select = has.get("name", "")
        elif tag == "option" and self._select and "selected" in has:
            self._add(self._select, has.get("value", ""))
        elif tag == "textarea":
            self._text = has.get("name", "")
            self._add(self._text, "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1][self._text][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        if tag == "select":
            self._select = ""

    def _input(self, has: dict[str, str], attrs: dict[str, str | None]) -> None:
        kind = has.get("type", "text")
        if kind in {"submit", "button", "file", "image"}:
            return
        if kind in {"checkbox", "radio"} and "checked" not in attrs:
            return
        self._add(has.get("name", ""), has.get("value", "on" if kind == "checkbox" else ""))

    def _add(self, name: str, value: str) -> None:
        if name:
            self.forms[-1].setdefault(name, []).append(value)


def filled(page: str, **changes: object) -> dict[str, object]:
    """Return the page's largest form with some fields changed. None removes a field."""
    form: dict[str, object] = dict(max(Forms(page).forms, key=len, default={}))
    form.pop("csrfmiddlewaretoken", None)
    form |= changes
    return {name: value for name, value in form.items() if value is not None}


def submit(browser: Browser, path: str, **changes: object) -> str:
    """Open a form's page, change fields, post it, and press the button of the next page."""
    browser.get(path)
    browser.post(browser.path, **filled(browser.html, **changes))  # type: ignore[arg-type]
    if browser.path != path and browser.status == 200 and "/admin/" in browser.path:
        browser.post(browser.path, **filled(browser.html))  # type: ignore[arg-type]
    return browser.page


def said(figures: dict[str, object]) -> str:
    """Write numbers in a cell."""
    return ", ".join(f"{name} {json.dumps(value, default=str)}" for name, value in figures.items())
