"""Pages are compressed, except where their length could reveal a secret (BREACH)."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from portal.compression import Compression
from tests.portal_client import Browser
from tests.stations import mailed_link

GZIP = {"accept-encoding": "gzip, deflate, br, zstd"}
LONG = b"words that repeat " * 100


def asked(browser: Client, path: str, **headers: str) -> HttpResponse:
    return browser.get(path, headers={**GZIP, **headers})


def sent(response: HttpResponse, **headers: str) -> HttpResponse:
    """Return the answer of the middleware for a view with this answer."""
    request = RequestFactory().get("/", headers={**GZIP, **headers})
    return Compression(lambda _request: response)(request)


def test_page_is_compressed_on_request(browser: Browser) -> None:
    page = asked(browser, "/login/")
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    assert int(page.headers["Content-Length"]) == len(page.content)
    assert b"<h1>" in gzip.decompress(page.content)


def test_page_is_not_compressed_unasked(browser: Browser) -> None:
    page = browser.get("/login/")
    assert "Content-Encoding" not in page.headers
    assert "Accept-Encoding" in page.headers["Vary"]


def test_error_page_is_compressed_too(browser: Browser) -> None:
    assert asked(browser, "/no-such-page/").headers["Content-Encoding"] == "gzip"


def test_refusal_of_a_body_is_compressed_too(browser: Browser) -> None:
    page = browser.generic("POST", "/login/", LONG, "multipart/form-data", headers=GZIP)
    assert page.status_code == 415
    assert page.headers["Content-Encoding"] == "gzip"


# What a length could reveal


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_page_requested_by_another_site_is_not_compressed(browser: Browser, site: str) -> None:
    assert "Content-Encoding" not in asked(browser, "/login/", **{"sec-fetch-site": site}).headers


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_page_requested_by_person_is_compressed(browser: Browser, site: str) -> None:
    page = asked(browser, "/login/", **{"sec-fetch-site": site})
    assert page.headers["Content-Encoding"] == "gzip"


def test_token_of_a_form_differs_in_each_answer(browser: Browser) -> None:
    tokens = {browser.get("/login/").context["csrf_token"] for _ in range(3)}
    assert len({str(token) for token in tokens}) == 3


def test_length_of_one_answer_varies() -> None:
    lengths = {len(sent(HttpResponse(LONG)).content) for _ in range(50)}
    assert len(lengths) > 10


@pytest.mark.parametrize(
    ("station", "path"),
    [
        ("enrolling", "/login/enroll/app/"),
        ("home", "/me/security/app/"),
        ("home", "/me/security/codes/"),
        ("finishing", "/login/enroll/done/"),
    ],
)
def test_page_that_shows_a_secret_is_never_compressed(
    request: pytest.FixtureRequest, alice: User, station: str, path: str
) -> None:
    page = asked(request.getfixturevalue(station), path)
    assert page.status_code == 200
    assert "Content-Encoding" not in page.headers
    assert {"no-store", "no-transform"} <= set(page.headers["Cache-Control"].split(", "))


def test_page_with_secret_url_is_never_compressed(linked: Browser) -> None:
    page = asked(linked, "/password/reset/{}/{}/".format(*mailed_link()))
    assert page.status_code == 200
    assert "Content-Encoding" not in page.headers


# Not compressed


def test_compressed_answer_is_unchanged() -> None:
    answer = sent(HttpResponse(LONG, headers={"Content-Encoding": "br"}))
    assert answer.content == LONG
    assert answer.headers["Content-Encoding"] == "br"


def test_short_answer_is_unchanged() -> None:
    assert "Content-Encoding" not in sent(HttpResponse(b"{}" * 90)).headers


def test_stream_is_compressed_piece_by_piece() -> None:
    answer = sent(StreamingHttpResponse(iter([LONG, LONG]), headers={"Content-Length": "3600"}))
    assert "Content-Length" not in answer.headers
    assert gzip.decompress(b"".join(answer)) == LONG * 2


def test_strong_etag_becomes_weak() -> None:
    answer = sent(HttpResponse(LONG, headers={"ETag": '"one"'}))
    assert answer.headers["ETag"] == 'W/"one"'


def test_head_has_no_body(browser: Browser) -> None:
    assert browser.head("/login/", headers=GZIP).content == b""
