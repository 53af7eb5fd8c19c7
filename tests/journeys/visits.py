"""URLs of the portal, visited once from a station, for the rules of test_visits."""

from dataclasses import dataclass, field
from http.cookies import Morsel

from django.http import HttpResponse

from tests.architecture.addresses import Address
from tests.journeys.database import Dump, dump
from tests.portal_client import Browser
from tests.stations import EXEMPT

# They end the session that later rounds need, so they are posted to last.
ENDS = {"accounts:logout", "admin:logout", "mfa:cancel", "mfa:enable", "accounts:close_account"}
Changed = set[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer without the response object, which holds too much memory."""

    address: Address
    path: str
    status: int
    headers: dict[str, str]
    html: str
    cookies: list[Morsel]

    def __str__(self) -> str:
        return f"{self.address} {self.status}"

    @property
    def is_page(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")


@dataclass(slots=True)
class Visits:
    """All answers to one browser, the tables changed in each round, and its cookies."""

    cookies: list[Morsel]
    gets: dict[str, Answer] = field(default_factory=dict)
    heads: dict[str, Answer] = field(default_factory=dict)
    refused: dict[str, Answer] = field(default_factory=dict)
    posts: dict[str, Answer] = field(default_factory=dict)
    changed: dict[str, Changed] = field(default_factory=dict)

    @property
    def all(self) -> list[Answer]:
        rounds = (self.gets, self.heads, self.refused, self.posts)
        return [answer for answers in rounds for answer in answers.values()]


def visit(browser: Browser, addresses: list[Address]) -> Visits:
    """Visit each URL, post to it without a token, then as a browser does.

    Real posts come last, because they change what the other rounds need.
    """
    visits, before = Visits([*browser.cookies.values()]), dump()
    visits.gets = {str(each): answer(each, browser, "get") for each in addresses}
    visits.changed["get"] = changed(before, dump())
    visits.heads = {str(each): answer(each, browser, "head") for each in addresses}
    visits.changed["head"] = changed(before, dump())
    strict, guarded = checking(browser), [each for each in addresses if each.name not in EXEMPT]
    visits.refused = {str(each): answer(each, strict, "post") for each in guarded}
    visits.changed["refused post"] = changed(before, dump())
    last = sorted(addresses, key=lambda each: each.name in ENDS)
    visits.posts = {str(each): answer(each, browser, "post", {"theme": "dark"}) for each in last}
    return visits


def checking(browser: Browser) -> Browser:
    """The same cookies in a browser that checks tokens as real ones are checked."""
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    return strict


def answer(address: Address, browser: Browser, method: str, *body: object) -> Answer:
    path = address.path
    response: HttpResponse = getattr(browser, method)(path, *body)
    html, cookies = response.getvalue().decode(), [*response.cookies.values()]
    return Answer(address, path, response.status_code, dict(response.headers), html, cookies)


def changed(before: Dump, after: Dump) -> Changed:
    """The tables that have changed."""
    return {table for table in after if after[table] != before[table]}
