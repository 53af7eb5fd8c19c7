"""The details of audit events about organizations, in words."""

from collections.abc import Callable

from django.db.models import Model
from django.utils.translation import gettext, gettext_lazy as _

from accounts.django_import.run import MOVED
from accounts.forms.exports import TABLES
from accounts.models import ImportLine, Membership, Organization, OrganizationPolicy
from mfa.admin.audit_details import DETAILS, OF_EVENT, Detail
from mfa.models import Event
from mfa.templatetags.mfa_words import label_of


def _name(number: int) -> str:
    found = Organization.objects.filter(pk=number).first()
    return found.name if found else gettext("number %d, deleted") % number


def _role(code: str) -> str:
    return str(dict(Membership.Role.choices).get(code, code))


def _effect(code: str) -> str:
    moved = {MOVED: _("moved from another login")}
    return str({**dict(ImportLine.Effect.choices), **moved}.get(code, code))


def _labels(model: type[Model]) -> Callable[[list[str]], str]:
    """Return a function that names changed fields, without the times that the portal notes."""
    shown = {field.name for field in model._meta.fields if field.editable}  # noqa: SLF001 public API
    return lambda names: ", ".join(label_of(model, name) for name in names if name in shown)


DETAILS.update(
    organization=Detail(_("Organization"), _name),
    # The name at that time. `organization` shows the name of today.
    organization_name=Detail(_("Organization"), lambda _name: ""),
    role=Detail(_("Role"), _role),
    invitation=Detail(_("Invitation number")),
    effect=Detail(_("Effect"), _effect),
    people=Detail(_("People")),
    table=Detail(_("File"), lambda code: str(TABLES.get(code, code))),
    file_format=Detail(_("Format")),
)
OF_EVENT.update(
    {
        (Event.ALERTED, "organization_name"): Detail(_("Organization")),
        (Event.ORGANIZATION_CHANGED, "fields"): Detail(_("Changed"), _labels(Organization)),
        (Event.RULES_CHANGED, "fields"): Detail(_("Changed"), _labels(OrganizationPolicy)),
    }
)
