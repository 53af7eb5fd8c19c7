"""Unreadable request bodies are refused with our page, on each URL, before they are read."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory, override_settings
from django.urls import path
from django.utils.log import configure_logging

from mfa.models import OutboxMessage
from portal import settings as shipped, urls
from portal.bodies import LARGEST, Bodies
from tests.architecture.addresses import ADDRESSES, PORTAL
from tests.portal_client import FORM, Browser

MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n--x--\r\n'
TOKEN = "x" * 64


# They take files.
UPLOADS = {"accounts:import_people", "accounts:import_members"}


def paths() -> list[str]:
    """All URLs except Twilio's, which reads its body itself, and those that take files."""
    other = UPLOADS | {"mfa:receipt"}
    return sorted({each.path for each in ADDRESSES if each.name not in other})


def test_only_imports_take_files() -> None:
    taking = {each.name for each in ADDRESSES if getattr(each.view, "upload_limit", 0)}
    assert taking == UPLOADS


ODD = {
    "latin": (b"email=a", f"{FORM}; charset=ISO-8859-1", {}, 400),
    "utf-16": (b"email=a", f"{FORM}; charset=utf-16", {}, 400),
    "unknown": (b"email=a", f"{FORM}; charset=nonsense", {}, 400),
    "quoted": (b"email=a", f'{FORM}; charset="latin-1', {}, 400),
    "multipart": (PART, MULTIPART, {}, 415),
    "broken multipart": (b"--x\r\n", "multipart/form-data", {}, 415),
    "mixed": (PART, "multipart/mixed; boundary=x", {}, 415),
    "chunked": (b"", FORM, {"HTTP_TRANSFER_ENCODING": "chunked"}, 411),
    "no length": (b"", FORM, {"CONTENT_LENGTH": "ten"}, 400),
    "negative": (b"", FORM, {"CONTENT_LENGTH": "-1"}, 400),
    "too long": (b"", FORM, {"CONTENT_LENGTH": str(LARGEST + 1)}, 413),
    "enormous": (b"", FORM, {"CONTENT_LENGTH": "9" * 12}, 413),
}


@pytest.fixture
def strict(db: None) -> Browser:
    """A browser with a CSRF cookie, because Django's checks read the body."""
    browser = Browser(enforce_csrf_checks=True, raise_request_exception=True)
    browser.cookies["csrf"] = "y" * 32
    return browser


@pytest.mark.parametrize("odd", ODD)
def test_unreadable_body_is_refused_on_every_url(
    strict: Browser, caplog: pytest.LogCaptureFixture, odd: str
) -> None:
    body, kind, more, expected = ODD[odd]
    answers = {
        each: strict.generic("POST", each, body, content_type=kind, **more) for each in paths()
    }
    statuses = {each: answer.status_code for each, answer in answers.items()}
    assert {each: said for each, said in statuses.items() if said != expected} == {}
    assert all(b"<h1>" in answer.content for answer in answers.values())
    assert not any(record.exc_info for record in caplog.records if record.levelno > logging.WARNING)


@pytest.mark.parametrize("method", ["TRACE", "FOO", "CONNECT"])
def test_unknown_method_gets_our_page(strict: Browser, method: str) -> None:
    statuses = {each: strict.generic(method, each).status_code for each in paths()}
    assert set(statuses.values()) == {400}


@pytest.mark.parametrize("body", [b"a=b&" * 2000, b"email=%00&code=%00", b"email=%ff%00&x=%"])
def test_malformed_form_causes_no_error(strict: Browser, body: bytes) -> None:
    """Too many fields, NUL, broken escapes."""
    answers = {
        each: strict.generic("POST", each, body, content_type=FORM).status_code for each in paths()
    }
    assert {each: status for each, status in answers.items() if status >= 500} == {}


def test_nul_in_a_path_gets_our_page(strict: Browser) -> None:
    assert strict.get("/me/%00/").status_code == 400


HEADERS = {
    "cookie": {"HTTP_COOKIE": 'session="\\xff\\0; csrf=\\0\xff; ;;=;theme=%00'},
    "language": {"HTTP_ACCEPT_LANGUAGE": "x-" * 4000 + ";q=zz"},
    "kind": {"CONTENT_TYPE": ";;;=\xff"},
    "agent": {"HTTP_USER_AGENT": "\xff" * 8000},
    "forwarded": {"HTTP_X_FORWARDED_FOR": "\xff,," * 900, "HTTP_X_FORWARDED_PROTO": "\xff"},
    "referer": {"HTTP_REFERER": "https://[::1"},
    "origin": {"HTTP_ORIGIN": "https://[::1"},
    "range": {"HTTP_RANGE": "bytes=9-1", "HTTP_IF_MODIFIED_SINCE": "\xff"},
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_headers_cause_no_error(strict: Browser, method: str, name: str) -> None:
    headers = {"content_type": FORM, **HEADERS[name]}
    if "CONTENT_TYPE" in headers:
        headers["content_type"] = headers.pop("CONTENT_TYPE")
    statuses = {
        each.path: strict.generic(method, each.path, **headers).status_code for each in PORTAL
    }
    assert {each: status for each, status in statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("address", ["/%ff/", "/%/", "/me/%zz", "/%ed%a0%80/", "/login/?next=%ff%"])
def test_bad_escapes_cause_no_error(strict: Browser, address: str) -> None:
    assert strict.get(address).status_code in {200, 302, 404}


class Unread(BytesIO):
    """A body that fails when it is read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("somebody read it")

    readline = read


@pytest.mark.parametrize(
    "meta",
    [
        {"CONTENT_LENGTH": "600000000", "CONTENT_TYPE": MULTIPART},
        {"CONTENT_LENGTH": str(LARGEST + 1), "CONTENT_TYPE": FORM},
        {"CONTENT_LENGTH": "90", "CONTENT_TYPE": MULTIPART},
        {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": FORM},
    ],
    ids=["600 MB", "large", "multipart", "chunked"],
)
def test_refused_body_is_never_read(rf: RequestFactory, meta: dict[str, str]) -> None:
    """S15."""
    environ = {**rf._base_environ(), "REQUEST_METHOD": "POST", "PATH_INFO": "/login/", **meta}
    answer = Bodies(lambda _request: pytest.fail("it went on"))(
        WSGIRequest({**environ, "wsgi.input": Unread()})
    )
    assert answer.status_code in {411, 413, 415}


def importing(request):
    [file] = request.FILES.values()
    return urls.views.HttpResponse(f"{file.name}: {file.size}")


importing.upload_limit = 300 * 1024
importing.login_required = False
urlpatterns = [path("import/", importing), *urls.urlpatterns]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(("size", "status"), [(200, 200), (301, 413)])
def test_view_accepts_uploads_up_to_its_limit(db, client, size, status) -> None:
    file = BytesIO(b"x" * size * 1024)
    file.name = "people.csv"
    answer = client.post("/import/", {"file": file})
    assert answer.status_code == status
    if status == 200:
        assert answer.content == f"people.csv: {size * 1024}".encode()


def test_login_in_another_charset_sends_nothing(strict: Browser, alice) -> None:
    token = strict.get("/login/").context["csrf_token"]
    body = f"csrfmiddlewaretoken={token}&email={alice.email}".encode()
    answer = strict.generic("POST", "/login/", body, content_type=f"{FORM}; charset=ISO-8859-1")
    assert answer.status_code == 400
    assert not OutboxMessage.objects.exists()


@contextmanager
def shipped_logging() -> Iterator[None]:
    """Configure logging as the portal does, for one test."""
    handlers = logging.root.handlers[:]
    configure_logging("logging.config.dictConfig", shipped.LOGGING)
    yield
    logging.root.handlers[:] = handlers


def test_unknown_host_is_one_warning_without_a_traceback(strict: Browser, capfd) -> None:
    with shipped_logging():
        assert strict.get("/login/", headers={"host": "evil.example"}).status_code == 400
    lines = [line for line in capfd.readouterr().err.splitlines() if "HTTP_HOST" in line]
    assert len(lines) == 1
    assert "WARNING" in lines[0]
