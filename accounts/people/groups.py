"""The groups Administrators and Support with their permissions."""

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Q

from accounts.models import Introduction

VIEWS = {
    "mfa": ("factor", "challenge", "delivery", "auditevent", "pause", "sendblock"),
    "accounts": ("user",),
}
SUPPORT = Q(pk__in=[])
for _app, _models in VIEWS.items():
    for _model in _models:
        SUPPORT |= Q(content_type__app_label=_app, codename=f"view_{_model}")
# Support helps people who lack their phone for a day, but cannot enter numbers (RV-05).
SUPPORT |= Q(content_type__app_label="mfa", codename="add_pause")
SUPPORT |= Q(content_type__app_label="mfa", codename="rescue_person")
TILES = ("add_tile", "change_tile", "delete_tile", "view_tile")
# Deleting is not among them: an organization is turned off, a membership ends.
PLACES = tuple(
    f"{action}_{table}"
    for table in ("organization", "membership")
    for action in ("add", "change", "view")
)
ADMINISTRATORS = (
    SUPPORT
    | Q(
        content_type__app_label="mfa",
        codename__in=[
            "change_accountpolicy",
            "view_accountpolicy",
            "change_sendblock",
            "change_factor",
            "view_job",
        ],
    )
    | Q(content_type__app_label="accounts", codename__in=[*TILES, "add_user", "change_user"])
    | Q(content_type__app_label="accounts", codename__in=PLACES)
    | Q(content_type__app_label="auth", codename="view_group")
)


GROUPS = {"Administrators": ADMINISTRATORS, "Support": SUPPORT}


def make_groups(**_: object) -> None:
    """Create each group, and grant it the new permissions of this release, once.

    Permissions that an operator removed, and groups that were deleted or renamed, do not come back.
    Permissions that an operator added stay.
    """
    # A database that was migrated back to an earlier release lacks the table.
    if Introduction._meta.db_table in connection.introspection.table_names():  # noqa: SLF001
        for name, wanted in GROUPS.items():
            _introduce(name, wanted)


def _introduce(name: str, wanted: Q) -> None:
    before = set(Introduction.objects.filter(group=name).values_list("permission", flat=True))
    if not before:
        Group.objects.get_or_create(name=name)
    group = Group.objects.filter(name=name).first()
    found = Permission.objects.filter(wanted).select_related("content_type")
    new = {label: each for each in found if (label := _label(each)) not in before}
    if group is None or not new:
        return
    group.permissions.add(*new.values())
    Introduction.objects.bulk_create(Introduction(group=name, permission=label) for label in new)


def _label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
