"""A browser-like client: on-commit callbacks run after each request, forms have a CSRF token."""

import json
import re
from contextlib import AbstractContextManager, nullcontext

from django.apps import apps
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, TestCase
from django.utils.http import urlencode

from accounts.models import User
from mfa import challenges
from mfa.admin.base.edits import SEEN, marks_of
from mfa.models import Factor, OutboxMessage, SitePolicy
from mfa.sessions.devices import recognize

CHANGE_FORM = re.compile(
    r"/admin/(accounts|auth|mfa)/(user|group|accountpolicy|organization|organizationpolicy)/(\d+)/change/"
)
FORM = "application/x-www-form-urlencoded"
PASSWORD = "correct horse battery staple"


def codes(target: str) -> list[str]:
    """All codes sent to a target, newest first."""
    bodies = OutboxMessage.objects.filter(target=target).values_list("body", flat=True)
    found = (re.search(r"\b\d{6}\b", body) for body in bodies)
    return [match[0] for match in found if match]


def code(target: str) -> str:
    """The newest code sent to a target."""
    return codes(target)[0]


def shown_in(app: str, model: str, key: str, *, marked: bool) -> dict[str, str]:
    """Return the fields that a just opened form has filled in, as far as saving needs them.

    `marked`: the test brings the marks of the shown values itself.
    """
    shown = {} if marked else {SEEN: marks_in(app, model, key)}
    if model == "accountpolicy":
        site = SitePolicy.load()
        shown |= {name: getattr(site, name) for name in ("portal_name", "accent", "login_with")}
    return shown


def marks_in(app: str, model: str, key: str) -> str:
    """Return the hidden field's value in a row's form."""
    row = apps.get_model(app, model)._default_manager.filter(pk=key).first()
    if row is None:
        return ""
    names = [field.name for field in (*row._meta.fields, *row._meta.many_to_many)]
    names += getattr(row, "beside", ())
    return json.dumps(marks_of(row, names))


class Browser(Client):
    """Django's test client with the steps of a login as methods."""

    def request(self, **request: object) -> HttpResponse:
        on_commit: AbstractContextManager[object] = (
            TestCase.captureOnCommitCallbacks(execute=True)
            if connection.in_atomic_block
            else nullcontext()
        )
        with on_commit:
            return super().request(**request)

    def post(
        self, path: str, data: object = None, content_type: str = FORM, **extra: object
    ) -> HttpResponse:
        """Post a form of the admin as if its page was just opened.

        Django's default is multipart, which no page accepts.
        """
        opened = CHANGE_FORM.fullmatch(path)
        if opened and isinstance(data, dict | None):
            given = data or {}
            data = {**shown_in(*opened.groups(), marked=SEEN in given), **given}
        if content_type == FORM and not isinstance(data, str | bytes):
            data = urlencode(data or {}, doseq=True)
        return super().post(path, data, content_type, **extra)

    def password(self, user: User, password: str = PASSWORD, **extra: str) -> HttpResponse:
        return self.post("/login/", {"email": user.email, "password": password, **extra})

    def log_in(self, user: User) -> HttpResponse:
        """Password and texted code."""
        self.password(user)
        target = user.factors.usable().get(kind="phone").target
        return self.post("/login/verify/", {"code": code(target)})

    def blame(self, user: User, times: int) -> None:
        """Count wrong codes as if they had been entered here."""
        request = HttpRequest()
        request.COOKIES = {name: cookie.value for name, cookie in self.cookies.items()}
        for _ in range(times):
            challenges.blame(user, Factor.objects.none(), client=recognize(request, user))

    @property
    def signed_in(self) -> bool:
        return "_auth_user_id" in self.session
