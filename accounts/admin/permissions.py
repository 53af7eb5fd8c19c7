"""Permissions in the reader's language, as the forms of people and groups list them."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Permission
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

# By the first word of the codename
ACTIONS: "dict[str, StrOrPromise]" = {
    "add": _("%(table)s: can add"),
    "change": _("%(table)s: can change"),
    "delete": _("%(table)s: can delete"),
    "view": _("%(table)s: can view"),
}
OWN: "dict[str, StrOrPromise]" = {"rescue_person": _("Can help people who cannot log in")}


class PermissionField(ModelMultipleChoiceField[Permission]):
    """The choice of permissions. The database stores their names in English."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the permission in words."""
        return in_words(obj)


def in_words(permission: Permission) -> str:
    """Return the permission in words, or the name that another application gave it."""
    if permission.codename in OWN:
        return str(OWN[permission.codename])
    action, _underscore, model = permission.codename.partition("_")
    table = permission.content_type.model_class()
    if table is None or action not in ACTIONS or model != permission.content_type.model:
        return gettext(permission.name)
    return str(ACTIONS[action]) % {"table": capfirst(str(table._meta.verbose_name_plural))}  # noqa: SLF001 - Django's public API


def field_of(db_field: ManyToManyField[Any, Any]) -> dict[str, Any]:
    """Return the arguments of a form field: those for permissions, or none."""
    if db_field.remote_field.model is not Permission:
        return {}
    permissions = Permission.objects.select_related("content_type")
    return {"form_class": PermissionField, "queryset": permissions}
