"""OT-09: input in any field of any page causes no server error."""

import re

import pytest

from tests.advisories.trial import undone
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import Browser
from tests.stations import PAGES

FIELD = re.compile(r'<(?:input|select|textarea|button)\b[^>]*\bname="([\w.-]+)"')
ODD: dict[str, object] = {
    "nothing": "",
    "a NUL": "\x00",
    "a NUL within": "123\x00456",
    "Arabic digits": "\u0661\u0662\u0663\u0664\u0665\u0666",
    "fullwidth digits": "\uff11\uff12\uff13\uff14\uff15\uff16",
    "ten thousand digits": "1" * 10_000,
    "a repeated field": ["123456", "654321"],
    "line breaks": "a\r\nBcc: b@example.org\r\n\r\nc",
    "a script": "\"'><script>alert(1)</script>",
    "a template": "{{ settings.SECRET_KEY }}{% debug %}%s%(x)s{0.__class__}",
    "a negative number": "-1",
    "a huge number": "9" * 400,
    "marks that turn the text": "\u202e\u2066\u200f\ufeff",
    "a half of a surrogate pair": b"\xed\xa0\xbd",
    "no UTF-8": b"\xff\xfe\x00",
}
# What a database or a parser may refuse; the full test sends the rest.
WORST = ("a NUL within", "a repeated field", "a huge number", "a half of a surrogate pair")
INPUTS = pytest.mark.parametrize(
    "odds",
    [
        pytest.param(WORST, id="worst"),
        pytest.param(tuple(ODD.keys() - set(WORST)), id="rest", marks=pytest.mark.full),
    ],
)
ADDRESS = {address.name: address for address in ADDRESSES}
# The pages of each station
SEEN_FROM = {
    station: [name for name, seen_from in PAGES.items() if seen_from == station]
    for station in sorted(set(PAGES.values()))
}


def fields_of(html: str) -> set[str]:
    return set(FIELD.findall(html)) - {"csrfmiddlewaretoken"}


def post(browser: Browser, path: str, form: dict[str, object]) -> int:
    """Post as browsers do; bytes go out as they are."""
    if any(isinstance(value, bytes) for value in form.values()):
        body = b"&".join(name.encode() + b"=" + value for name, value in form.items())
        return browser.post(
            path, body, content_type="application/x-www-form-urlencoded"
        ).status_code
    return browser.post(path, form).status_code


@INPUTS
@pytest.mark.parametrize("station", SEEN_FROM)
def test_any_input_causes_no_server_error(
    request: pytest.FixtureRequest, db: None, station: str, odds: tuple[str, ...]
) -> None:
    """The test client raises what would be a 500."""
    browser = request.getfixturevalue(station)
    statuses = {}
    for path in (ADDRESS[name].path for name in SEEN_FROM[station]):
        with undone(browser) as twin:
            fields = fields_of(twin.get(path).content.decode())
            for odd in odds:
                statuses[path, odd] = post(twin, path, dict.fromkeys(fields, ODD[odd]))
    assert {odd: status for odd, status in statuses.items() if status >= 500} == {}


@INPUTS
@pytest.mark.parametrize("station", SEEN_FROM)
def test_any_query_causes_no_server_error(
    request: pytest.FixtureRequest, db: None, station: str, odds: tuple[str, ...]
) -> None:
    browser = request.getfixturevalue(station)
    queries = [dict.fromkeys(("page", "next", "notice", "saved"), ODD[odd]) for odd in odds]
    paths = [ADDRESS[name].path for name in SEEN_FROM[station]]
    broken = [
        (path, query)
        for path in paths
        for query in queries
        if browser.get(path, query).status_code >= 500
    ]
    assert broken == []
