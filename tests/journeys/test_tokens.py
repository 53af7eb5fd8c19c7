"""S13: no token of a link, session or receipt in log lines, error reports or the audit."""

import logging
from collections.abc import Callable
from io import StringIO
from uuid import uuid4

import pytest
from django.conf import settings as shipped
from django.core import mail
from django.utils import timezone
from django.utils.log import AdminEmailHandler
from django.utils.module_loading import import_string

from accounts.models import User
from accounts.people import links
from accounts.people.links import Link
from mfa.models import AuditEvent
from portal.access import Atoms
from portal.logs import HIDDEN_PATHS, JsonFormatter, LineFormatter
from tests.architecture.addresses import PARAMETER, PORTAL
from tests.journeys import database
from tests.portal_client import Browser

# Parameters that give no access: the page checks their owner
PUBLIC_PARAMETERS = {"event_id", "person_id", "pk", "slug", "member_id", "invitation_id"}
PUBLIC_PARAMETERS |= {"import_id"}
ATOMS = ("r", "U", "q", "f", "{referer}i", "{cookie}i", "{path_info}e")


@pytest.fixture(params=[JsonFormatter(), LineFormatter("{request_id} {message}", style="{")])
def log(request: pytest.FixtureRequest):
    """The output of the formatters for all records, with Django's loggers as shipped."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def path_of(link: Link, user: User) -> str:
    User.objects.filter(pk=user.pk).update(
        new_email="alice.new@example.org", new_recovery_email="alice.second@example.net"
    )
    user.refresh_from_db()
    new = {Link.EMAIL: user.new_email, Link.RECOVERY_EMAIL: user.new_recovery_email}
    target = new.get(link, user.email)
    address = links.address_of(
        link, user, target=target, at=timezone.now(), epoch=user.session_epoch
    )
    assert address
    return address.removeprefix(shipped.BASE_URL)


def receipt(_user: User) -> str:
    return f"/hooks/twilio/{uuid4()}/"


SECRET_ADDRESSES: dict[str, Callable[[User], str]] = {
    "reset": lambda user: path_of(Link.RESET, user),
    "set": lambda user: path_of(Link.SET, user),
    "email": lambda user: path_of(Link.EMAIL, user),
    "recovery email": lambda user: path_of(Link.RECOVERY_EMAIL, user),
    "receipt": receipt,
}


def meet_every_status(path: str) -> set[int]:
    """GET, the two CSRF refusals, forbidden methods, tails, a missing page, an error."""
    strict = Browser(enforce_csrf_checks=True, raise_request_exception=False)
    answers = [strict.get(path), strict.post(path), Browser().put(path), Browser().delete(path)]
    answers.append(strict.post(path, HTTP_ORIGIN=f"https://evil.example{path}"))
    answers.append(strict.post(path, secure=True, HTTP_REFERER=f"https://evil.example{path}"))
    answers += [strict.get(f"/no/such{path}"), strict.get(f"{path}tail/more/")]
    answers += [strict.get(path.rstrip("/")), strict.get("/login/", {"next": path})]
    answers.append(strict.get(path, HTTP_HOST="evil.example"))
    return {answer.status_code for answer in answers}


@pytest.mark.parametrize("name", SECRET_ADDRESSES)
def test_token_in_url_is_not_logged_for_any_status(log: StringIO, alice: User, name: str) -> None:
    path = SECRET_ADDRESSES[name](alice)
    assert {400, 403, 404, 405} <= meet_every_status(path)
    token = path.rstrip("/").rpartition("/")[2]
    written = log.getvalue()
    assert "Method Not Allowed" in written
    assert token not in written
    assert token.rpartition(".")[2] not in written
    assert token.rpartition(".")[2] not in database.text()
    assert AuditEvent.objects.filter(details__icontains=token).count() == 0


def test_error_report_contains_no_token(
    settings, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL, the Referer, the cookies and the query of a request with an error."""
    path = path_of(Link.RESET, alice)
    token = path.rstrip("/").rpartition("/")[2]
    settings.ADMINS = [("Operator", "operator@example.org")]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    logger, handler = logging.getLogger("django.request"), AdminEmailHandler(include_html=True)
    handler.setFormatter(LineFormatter("{message}", style="{"))
    logger.addHandler(handler)
    # A fault of the operator's, met while the page is made.
    settings.TEMPLATES = []
    browser = Browser(raise_request_exception=False)
    answer = browser.get(path, {"next": path}, HTTP_REFERER=f"http://testserver{path}")
    logger.removeHandler(handler)
    assert answer.status_code == 500
    parts = [part.content for message in mail.outbox for part in message.alternatives]
    report = "".join([message.body for message in mail.outbox] + parts)
    assert "Traceback" in report
    assert token.rpartition(".")[2] not in report


def test_django_handlers_do_not_bypass_redaction() -> None:
    """Requests on the console, runserver's lines and reports by email use our formatter."""
    for name in ("django", "django.server", "django.request", "django.security.csrf"):
        assert logging.getLogger(name).handlers == []
        assert logging.getLogger(name).propagate


def test_runserver_log_contains_no_token(log: StringIO, alice: User) -> None:
    path = path_of(Link.RESET, alice)
    logging.getLogger("django.server").info('"%s" %s %s', f"GET {path} HTTP/1.1", "200", "1")
    assert "GET /password/reset/" in log.getvalue()
    assert path.split("/")[-2] not in log.getvalue()


def test_gunicorn_access_log_contains_no_token(alice: User) -> None:
    """With any fields in an operator's format."""
    path = path_of(Link.RESET, alice)
    cookie = "session=" + "k3y0" * 8
    said = {
        "r": f"GET {path} HTTP/1.1",
        "U": path,
        "q": f"next={path}",
        "f": f"https://portal.example.org{path}",
        "{referer}i": f"https://portal.example.org{path}",
        "{cookie}i": cookie,
        "{path_info}e": path,
    }
    line = " ".join(f"%({name})s" for name in ATOMS) % Atoms(said)
    assert line.count("…") == len(ATOMS)
    assert path.split("/")[-2] not in line
    assert cookie not in line


def test_gunicorn_uses_redacting_logger() -> None:
    conf: dict[str, object] = {}
    exec((shipped.BASE_DIR / "gunicorn.conf.py").read_text(), conf)
    assert import_string(str(conf["logger_class"])).atoms_wrapper_class is Atoms


def test_every_secret_url_is_listed() -> None:
    """A new kind of link has to list its path, or its token reaches the logs."""
    for each in PORTAL:
        if set(PARAMETER.findall(each.route)) - PUBLIC_PARAMETERS:
            assert f"/{each.route}".startswith(HIDDEN_PATHS), str(each)


@pytest.mark.parametrize("name", SECRET_ADDRESSES)
def test_page_with_token_sends_no_referer_with_it(alice: User, name: str) -> None:
    answer = Browser().get(SECRET_ADDRESSES[name](alice))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
