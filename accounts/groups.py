"""The groups Administrators and Support with their permissions."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

VIEWS = {
    "mfa": ("factor", "challenge", "delivery", "auditevent", "pause", "brake"),
    "accounts": ("user",),
}
SUPPORT = Q(pk__in=[])
for _app, _models in VIEWS.items():
    for _model in _models:
        SUPPORT |= Q(content_type__app_label=_app, codename=f"view_{_model}")
# Support helps people over a day without their phone; a number is not theirs to write (RV-05).
SUPPORT |= Q(content_type__app_label="mfa", codename="add_pause")
ADMINISTRATORS = (
    SUPPORT
    | Q(
        content_type__app_label="mfa",
        codename__in=[
            "change_accountpolicy",
            "view_accountpolicy",
            "change_brake",
            "change_factor",
        ],
    )
    | Q(content_type__app_label="accounts", codename__in=["add_user", "change_user"])
    | Q(content_type__app_label="auth", codename="view_group")
)


def make_groups(**_: object) -> None:
    """Give each group what it lacks; permissions that an operator added stay."""
    for name, wanted in (("Administrators", ADMINISTRATORS), ("Support", SUPPORT)):
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(wanted))
