"""The presets that fill the form of a policy by a link, which works without script."""

from typing import Any

from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mfa.models.presets import PRESETS

WORDS = {
    "provider": _("Provider: log in again after the setup"),
    "patient": _("Patients: straight to the portal, no codes by email"),
    "organization": _("Organization: a page with “Finish”, set up again when turned on again"),
    "partner": _("Partner: straight to the portal, by any method but email"),
}


def fill(request: HttpRequest, form: ModelForm[Any]) -> dict[str, object]:
    """Fill the form with the preset that the URL names, and return what the page shows of it."""
    name = request.GET.get("preset", "")
    if not form.is_bound:
        form.initial.update(PRESETS.get(name, {}))
    return {"presets": WORDS, "preset": WORDS.get(name, "")}
