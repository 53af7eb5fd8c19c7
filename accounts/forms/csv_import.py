"""The forms of an import: the file, its columns, and the start."""

from collections.abc import Mapping, Sequence

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.csv_import import words
from accounts.csv_import.columns import Field
from accounts.csv_import.reading import MOST_BYTES, Unreadable
from accounts.models import Organization

FIELDS = {
    Field.EMAIL: _("Email"),
    Field.FULL_NAME: _("Full name"),
    Field.FIRST_NAME: _("First name"),
    Field.LAST_NAME: _("Last name"),
    Field.MOBILE: _("Mobile"),
    Field.USERNAME: _("Username"),
    Field.ROLE: _("Role"),
    Field.ORGANIZATION: _("Organization"),
}
FOR_ADMINISTRATORS = {Field.USERNAME, Field.ORGANIZATION}


class FileForm(forms.Form):
    """A CSV file."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("In UTF-8, at most 10 MB and 50,000 people. The first line names the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
        },
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file that is too large."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(words.of_file(Unreadable.TOO_LARGE))
        return file


class PlacedFileForm(FileForm):
    """A CSV file and where its people belong, for administrators."""

    organization = forms.ModelChoiceField(
        Organization.objects.filter(is_active=True),
        required=False,
        label=_("Organization"),
        empty_label=_("As a column of the file says"),
        to_field_name="slug",
        help_text=_("A column for the organization holds its short name, as in its web address."),
    )
    field_order = ("organization", "file")


class ColumnsForm(forms.Form):
    """What each column of a file holds."""

    def __init__(
        self,
        data: Mapping[str, str] | None,
        *,
        header: Sequence[str],
        mapped: Mapping[int, Field],
        invites: bool,
    ) -> None:
        """Offer a field for each column that has a name."""
        super().__init__(data)
        fields = [each for each in FIELDS if not (invites and each in FOR_ADMINISTRATORS)]
        choices = [("", _("Not used")), *((each.value, FIELDS[each]) for each in fields)]
        for column, name in enumerate(header):
            if name.strip():
                self.fields[f"column_{column}"] = forms.ChoiceField(
                    label=name.strip()[:100],
                    choices=choices,
                    required=False,
                    initial=mapped.get(column, ""),
                )

    @property
    def mapped(self) -> dict[int, Field]:
        """The chosen field of each used column."""
        return {
            int(name.removeprefix("column_")): Field(chosen)
            for name, chosen in self.cleaned_data.items()
            if chosen
        }


class StartForm(forms.Form):
    """Whether the people of an import get an email."""

    sends_mail = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, str] | None, *, invites: bool) -> None:
        """Word the choice for invitations or new accounts."""
        super().__init__(data)
        field = self.fields["sends_mail"]
        if invites:
            field.label = _("Email the invitations now")
            field.help_text = _("If you don't, send each one later on the page Invitations.")
        else:
            field.label = _("Email new people a link to set a password")
            field.help_text = _(
                "If you don't, they choose “Forgot your password?” for their first login."
            )
