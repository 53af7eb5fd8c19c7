"""What an import says about a file and its lines: the reason, and what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from accounts.csv_import.lines import LineFault
from accounts.csv_import.numbers import Broken
from accounts.csv_import.reading import MOST_COLUMNS, MOST_LINES, Unreadable
from accounts.models import ImportFinding

SAVE_AS = _("In Excel choose File, Save As, CSV UTF-8.")
# The reason, and what to do
LINES: dict[str, tuple[str | Promise, str | Promise]] = {
    LineFault.QUOTES: (
        _("The quotation marks are wrong."),
        _("Write each quotation mark inside a quoted cell twice."),
    ),
    LineFault.TOO_LONG: (_("The cell is too long."), _("Use at most 1,000 characters.")),
    LineFault.NOT_TEXT: (
        _("The cell has a character that can't be stored."),
        _("Type the text again."),
    ),
    LineFault.STRAY: (
        _("A column without a name has a value."),
        _("Check for a comma inside another cell, or give the column a name."),
    ),
    LineFault.NO_EMAIL: (_("There is no email."), _("Add the person's email.")),
    LineFault.EMAIL: (_("This is not an email address."), _("Correct the address.")),
    LineFault.NAME_LONG: (_("The name is too long."), _("Use at most 150 characters.")),
    LineFault.USERNAME: (
        _("The username cannot be used."),
        _("Use letters, digits and . + - _ only."),
    ),
    LineFault.ROLE: (_("There is no such role."), _("Use member or manager, or leave it empty.")),
    LineFault.CONFLICT: (
        _("Another line has the same email with other values."),
        _("Keep one of the two lines."),
    ),
    LineFault.NO_ORGANIZATION: (
        _("There is no organization with this short name."),
        _("Use the short name, as in the organization's web address."),
    ),
    LineFault.STAFF: (
        _("This person is a member of staff or has permissions."),
        _("Change the account in the admin."),
    ),
    LineFault.NO_METHOD: (
        _("The person's organizations have rules that allow no common second step."),
        _("Change the rules of one organization."),
    ),
    LineFault.NAME_DOUBTFUL: (
        _("The name looks like a formula. It is imported as plain text."),
        _("Check the name."),
    ),
    LineFault.ROLE_ADMINISTRATORS: (
        _("Only administrators can make people managers. This person becomes a member."),
        _("Ask an administrator."),
    ),
    LineFault.USERNAME_ADMINISTRATORS: (
        _("Only administrators can set usernames. The username is not used."),
        _("Ask an administrator."),
    ),
    LineFault.USERNAME_TAKEN: (
        _("Another person has this username. It is not used."),
        _("Choose another username."),
    ),
    LineFault.USERNAME_KEPT: (
        _("The person already has a username, which stays."),
        _("Change it in the admin."),
    ),
    LineFault.NUMBER_KEPT: (
        _("The person already has a second step. The number is not used."),
        _("The person can add the number under Security."),
    ),
    Broken.ROUNDED: (
        _("A spreadsheet rounded the number, so its last digits are lost. It is not used."),
        _("Format the column as text and enter the number again."),
    ),
    Broken.ERROR: (
        _("The cell holds an error or only # signs, not a number. It is not used."),
        _("Correct the cell in the spreadsheet."),
    ),
    Broken.SEVERAL: (
        _("There are two numbers in one cell. They are not used."),
        _("Keep only the mobile number."),
    ),
    Broken.AMBIGUOUS: (
        _("The number can be read in two ways. It is not used."),
        _("Start it with + and the country code."),
    ),
    Broken.NO_TEXTS: (
        _("This number can't get texts. It is not used."),
        _("Enter a mobile number."),
    ),
    Broken.UNREADABLE: (
        _("This is not a phone number, or digits are missing. It is not used."),
        _("Start it with + and the country code."),
    ),
}
FILES: dict[str, str | Promise] = {
    Unreadable.NOT_UTF8: _("This file is not UTF-8."),
    Unreadable.OTHER_FORMAT: _("This is not a CSV file."),
    Unreadable.TOO_LARGE: _("This file is larger than 10 MB. Split it into several files."),
    Unreadable.TOO_MANY_LINES: _(
        "This file has more than %(most)s lines. Split it into several files."
    ),
    Unreadable.TOO_MANY_COLUMNS: _(
        "There are more than %(columns)s columns. Delete those that are not imported."
    ),
    Unreadable.OPEN_QUOTE: _("A quotation mark is not closed."),
    Unreadable.NO_HEADER: _("This file is empty."),
    Unreadable.NO_PEOPLE: _("There are no people in this file."),
    Unreadable.NO_EMAIL: _("No column holds the email. The columns are: %(names)s."),
    Unreadable.SAME_FIELD: _("Two columns hold the same thing: %(names)s. Choose one of them."),
    Unreadable.NAME_TWICE: _(
        "These columns hold the name twice: %(names)s. Choose the full name, or first and last "
        "name."
    ),
}
SAVED_WRONG = {Unreadable.NOT_UTF8, Unreadable.OTHER_FORMAT}


def of_file(fault: str, line: int = 0, names: tuple[str, ...] | list[str] = ()) -> str:
    """Return why a file cannot be imported, and what to do."""
    figures = {"most": MOST_LINES, "columns": MOST_COLUMNS}
    words = str(FILES[fault]) % {**figures, "names": ", ".join(names)}
    at = gettext("Line %d:") % line if line else ""
    how = str(SAVE_AS) if fault in SAVED_WRONG else ""
    return " ".join(filter(None, (at, words, how)))


def reason_of(finding: ImportFinding) -> str:
    """Return what is wrong with a line."""
    words = str(LINES[finding.fault][0])
    if finding.other_line:
        return f"{words} {gettext('See line %d.') % finding.other_line}"
    return words


def remedy_of(finding: ImportFinding) -> str:
    """Return what to do about it."""
    return str(LINES[finding.fault][1])
