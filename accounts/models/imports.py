"""Imports of people: the file as it was uploaded, its judged lines, and what was found."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.emails import EmailField
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization
from accounts.models.usernames import LONGEST, UsernameField

if TYPE_CHECKING:
    from accounts.models.users import User

LONGEST_FILE_NAME = 100


class PeopleImport(models.Model):
    """One file of people, from its upload to the last person.

    `columns` holds the field of each column by its number. `position` counts the records that were
    checked, and `counts` the lines by effect. The dry run stores the lines that the real run then
    uses, so a file that changes on a desk changes nothing here.
    """

    class State(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded", _("uploaded")
        CHECKING = "checking", _("checking")
        CHECKED = "checked", _("checked, nothing imported yet")
        RUNNING = "running", _("importing")
        STOPPED = "stopped", _("stopped")
        FINISHED = "finished", _("finished")
        UNREADABLE = "unreadable", _("cannot be imported")

    # None: each line names its organization, or has none.
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, related_name="+", verbose_name=_("organization")
    )
    # None: a command on the machine
    by: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    # The epoch of `by` at the start. If it rises, the import stops, because its author's sessions
    # ended.
    by_epoch = models.PositiveIntegerField(default=0)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    # A manager's import invites people. An administrator's creates accounts.
    invites = models.BooleanField(default=False)
    sends_mail = models.BooleanField(default=False)
    file_name = models.CharField(_("file"), max_length=LONGEST_FILE_NAME)
    digest = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    # Why the file cannot be imported
    fault = models.CharField(max_length=20, blank=True)
    fault_line = models.PositiveIntegerField(default=0)
    fault_names = models.JSONField(default=list)
    total = models.PositiveIntegerField(_("lines"), default=0)
    position = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    # When the worker last did something. An import whose next step was lost is continued by this.
    worked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        """Names in the admin, and the indexes for the worker, the pages and retention."""

        verbose_name = _("import of people")
        verbose_name_plural = _("imports of people")
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(
                fields=["worked_at"],
                condition=models.Q(state__in=["checking", "running"]),
                name="import_unfinished",
            ),
            models.Index(fields=["created_at"], name="import_created"),
            models.Index(fields=["organization", "-id"], name="import_of_organization"),
        ]

    def __str__(self) -> str:
        """Name the file."""
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Whether the worker has something to do for it."""
        return self.state in {self.State.CHECKING, self.State.RUNNING}


class ImportPart(models.Model):
    """A part of the file. Web and worker processes may share no disk (csv1)."""

    of = models.ForeignKey(PeopleImport, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        """One row for each part."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "number"], name="import_part_once")
        ]

    def __str__(self) -> str:
        """Name the row."""
        return f"part {self.number}"


class ImportLine(models.Model):
    """One person of the file, as checked. `effect` is what will happen, and then what happened."""

    class Effect(models.TextChoices):
        """What an import does with a person."""

        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("nothing to change")
        INVITED = "invited", _("invited")
        REFUSED = "refused", _("refused")

    of = models.ForeignKey(PeopleImport, models.CASCADE, related_name="lines", db_index=False)
    line = models.PositiveIntegerField(_("line"))
    email = EmailField(_("email"))
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    mobile = models.CharField(max_length=20, blank=True)
    username = UsernameField(_("username"), max_length=LONGEST, null=True, blank=True)
    role = models.CharField(max_length=7, choices=Membership.Role, default=Membership.Role.MEMBER)
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, related_name="+", db_index=False
    )
    effect = models.CharField(max_length=9, choices=Effect)
    is_done = models.BooleanField(default=False)

    class Meta:
        """One line for an address, and the next lines to import."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "email"], name="import_line_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["of", "id"], condition=models.Q(is_done=False), name="import_line_next"
            )
        ]

    def __str__(self) -> str:
        """Name the line without the address."""
        return f"line {self.line}"


class ImportFinding(models.Model):
    """Something about a line that its author must know, with the value masked."""

    of = models.ForeignKey(PeopleImport, models.CASCADE, related_name="findings", db_index=False)
    line = models.PositiveIntegerField()
    fault = models.CharField(max_length=30)
    field = models.CharField(max_length=100, blank=True)
    shown = models.CharField(max_length=120, blank=True)
    other_line = models.PositiveIntegerField(default=0)
    is_bad = models.BooleanField()

    class Meta:
        """The list in the order of the file, bad lines apart."""

        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["of", "-is_bad", "line", "id"], name="import_finding_order")
        ]

    def __str__(self) -> str:
        """Name the line."""
        return f"line {self.line}: {self.fault}"
