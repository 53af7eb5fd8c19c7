"""The forms of an export."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.exports.tables import Table
from accounts.models import Organization
from mfa.files import Format

TABLES = {
    Table.PEOPLE: _("People"),
    Table.ENROLLMENT: _("Enrollment report"),
    Table.AUDIT: _("Audit"),
    Table.DELIVERIES: _("Deliveries"),
}
FORMATS = {
    Format.CSV: _("CSV"),
    Format.EXCEL: _("CSV for Excel"),
    Format.JSON_LINES: _("JSON lines, for programs"),
}
FOR_MANAGERS = (Table.PEOPLE, Table.ENROLLMENT)
# With the permission to read the same rows in the admin
FOR_STAFF = {
    Table.PEOPLE: "accounts.view_user",
    Table.AUDIT: "mfa.view_auditevent",
    Table.DELIVERIES: "mfa.view_delivery",
}


class ExportForm(forms.Form):
    """What to download, and how."""

    table = forms.ChoiceField(label=_("What to download"), widget=forms.RadioSelect)
    format = forms.ChoiceField(
        label=_("Format"), choices=list(FORMATS.items()), widget=forms.RadioSelect
    )

    def __init__(self, data: Mapping[str, str] | None, tables: tuple[Table, ...]) -> None:
        """Offer these tables."""
        super().__init__(data, initial={"table": tables[0], "format": Format.CSV})
        self.fields["table"].choices = [  # type: ignore[attr-defined]
            (each.value, TABLES[each]) for each in tables
        ]


class StaffExportForm(ExportForm):
    """For staff: also of which organization."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(),
        required=False,
        label=_("Organization"),
        empty_label=_("All"),
        to_field_name="slug",
    )
