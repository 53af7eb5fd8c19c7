"""Form input that a step-up interrupted: stored encrypted, and shown once.

The session keeps it for one person, one form and ten minutes. A view marks its form with `keeps`,
and calls `fill` before it shows it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from mfa.client import moment_of
from mfa.crypto import seal, unseal
from mfa.models import AbstractMfaUser
from mfa.rules import kept

KEY = "mfa_typed"
# As long as the proof that opens the form (SS-08)
LIFE = timedelta(minutes=10)
# Every form of the portal fits, and a session stays small enough to read at each request.
MOST_BYTES = 32 * 1024
# The attribute of a view with the class of its form
FORM = "typed_form"
# Input types that show what they contain. Every other field counts as secret.
CHOICES = {"checkbox", "radio", "select", "color", "date", "time", "datetime-local"}
SHOWN = {"text", "email", "url", "tel", "number", "search", *CHOICES}
# Words that name a secret anywhere in a field's name, and those that name one at its end
SECRETS = {"password", "passphrase", "secret", "token", "otp", "pin", "csrfmiddlewaretoken"}
SECRET_ENDS = {"code", "codes", "key", "keys"}

# The sealed values by field, the names of the typed secrets, and the form's hidden values
PARTS = {"values", "secret", "carried"}

FormClass = type[forms.Form] | type[forms.ModelForm[Any]]
View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Typed:
    """The session's record: the person, the form, the time and the values."""

    user: int
    address: str
    at: float
    sealed: str


def keeps(form: FormClass) -> Callable[[View], View]:
    """Mark a view whose form comes back filled after a step-up."""

    def mark(view: View) -> View:
        vars(view)[FORM] = form
        return view

    return mark


def form_of(view: object) -> FormClass | None:
    """Return the form that a view, or a guard around it, is marked with."""
    form: FormClass | None = getattr(view, FORM, None)
    return form


@sensitive_variables()
def keep(request: HttpRequest, user: AbstractMfaUser, form: FormClass, address: str) -> bool:
    """Store a posted form in place of an earlier one. Return False if nothing can be stored.

    `address` identifies the form for `fill`. `carried` names the form's hidden inputs, which it
    gets back unchanged in `brought`.
    """
    drop(request)
    values = {name: request.POST.getlist(name) for name in _shown(form)}
    secret = [name for name in _hidden(form) if any(request.POST.getlist(name))]
    carried = {name: request.POST.get(name, "") for name in getattr(form, "carried", ())}
    text = json.dumps({"values": values, "secret": secret, "carried": carried})
    if len(text) > MOST_BYTES or not any(any(each) for each in values.values()):
        return False
    at = moment_of(request).timestamp()
    request.session[KEY] = asdict(Typed(user.pk, address, at, seal(text)))
    return True


@sensitive_variables()
def fill(request: HttpRequest, form: forms.BaseForm, *, address: str = "") -> frozenset[str]:
    """Fill an empty form with the stored input, once. Return the fields that differ.

    The form stays unbound, so nothing can save it before the person presses its button.
    """
    held = _held(request)
    if held is None or held.address != (address or request.path) or request.method == "HEAD":
        return frozenset()
    # This also removes what another tab sent meanwhile.
    drop(request)
    if form.is_bound or request.method != "GET":
        return frozenset()
    if (content := _content(held, moment_of(request))) is None:
        messages.warning(request, gettext("We no longer have what you typed. Enter it again."))
        return frozenset()
    _say(request, form, content["secret"])
    vars(form)["brought"] = content["carried"]
    typed = MultiValueDict(content["values"])
    return frozenset(name for name, field in form.fields.items() if _fill(form, name, field, typed))


def drop(request: HttpRequest) -> None:
    """Forget what the session keeps."""
    request.session.pop(KEY, None)


def is_sent(request: HttpRequest, form: FormClass | None) -> bool:
    """Whether a form was posted with something in it, and not only a button."""
    names = [*form.base_fields] if form else []
    typed = (name for name in request.POST if name in names or is_secret(name))
    return any(name != "csrfmiddlewaretoken" for name in typed)


def is_secret(name: str) -> bool:
    """Whether a field is secret by its name."""
    words = [word.rstrip("0123456789") for word in name.lower().split("_")]
    return bool(SECRETS & set(words)) or words[-1] in SECRET_ENDS


def may_keep(name: str, field: forms.Field) -> bool:
    """Whether a field's value may be kept and shown again. Unknown kinds of input may not."""
    widget = field.widget
    if isinstance(widget, forms.Textarea):
        return not is_secret(name)
    kind = widget.attrs.get("type", getattr(widget, "input_type", ""))
    if kind not in SHOWN or widget.attrs.get("autocomplete") == "one-time-code":
        return False
    # A field without free text is not a secret, whatever its name.
    return kind in CHOICES or not is_secret(name)


def _shown(form: FormClass) -> Iterator[str]:
    return (name for name, field in form.base_fields.items() if may_keep(name, field))


def _hidden(form: FormClass) -> Iterator[str]:
    fields = form.base_fields.items()
    return (name for name, field in fields if not (field.widget.is_hidden or may_keep(name, field)))


def _held(request: HttpRequest) -> Typed | None:
    """Return the record of this person, in the shape of this version."""
    record = request.session.get(KEY)
    if not kept.fits(record, Typed):
        return None
    held = Typed(**record)
    return held if held.user == request.user.pk else None


@sensitive_variables()
def _content(held: Typed, now: datetime) -> dict[str, Any] | None:
    """Return the record's content, or None if it is too old or under a lost key."""
    if not 0 <= now.timestamp() - held.at < LIFE.total_seconds():
        return None
    try:
        content: dict[str, Any] = json.loads(unseal(held.sealed))
    except InvalidToken:
        return None
    return content if content.keys() == PARTS else None


@sensitive_variables()
def _fill(
    form: forms.BaseForm, name: str, field: forms.Field, typed: MultiValueDict[str, str]
) -> bool:
    """Make a typed value the field's first value. Return whether it differs from the stored one."""
    if field.disabled or name not in typed or not may_keep(name, field):
        return False
    stored = form.get_initial_for_field(field, name)
    value = field.widget.value_from_datadict(typed, MultiValueDict(), name)
    form.initial[name] = field.bound_data(value, stored)
    return field.has_changed(stored, value)


def _say(request: HttpRequest, form: forms.BaseForm, secret: list[str]) -> None:
    labels = [str(form.fields[name].label) for name in secret if name in form.fields]
    words = gettext("We kept what you typed. Nothing is saved yet.")
    if labels:
        words = gettext("We kept what you typed. Enter again: %s. Nothing is saved yet.")
        words %= ", ".join(labels)
    messages.info(request, words)
