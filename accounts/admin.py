"""People in the administration."""

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin, UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    BaseUserCreationForm,
    UserChangeForm,
)
from django.contrib.auth.models import Group
from django.forms import Field
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mfa import notices
from mfa.models import Event

# What makes somebody mighty is for superusers to give: an administrator must not promote himself.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


# Generic only in the stubs.
class UserCreationForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """A new person by email."""

    class Meta:
        """The fields beside the password."""

        model = User
        fields = ("email", "full_name")


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    """A person, without Django's field for user names, which cannot be empty."""

    class Meta(UserChangeForm.Meta):
        """The model's own fields."""

        field_classes: ClassVar[dict[str, type[Field]]] = {}


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A password that an administrator sets; its owner is told."""

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 Django's signature
        """Save and tell."""
        user: User = super().save(commit)
        notices.tell(Event.PASSWORD_CHANGED, user)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    """Who may log in, and as what."""

    form = UserForm
    add_form = UserCreationForm
    change_password_form = NewPasswordForm
    list_display = ("email", "full_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "username", "full_name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "full_name", "username", "language", "is_active")}),
        (_("What they may do"), {"fields": POWERS}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "full_name", "password1", "password2")}),)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep staff out of the reach of all but superusers, their passwords above all (RV-06)."""
        mighty = obj is not None and (obj.is_staff or obj.is_superuser)
        beyond = mighty and not _is_superuser(request)
        return super().has_change_permission(request, obj) and not beyond

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Keep powers out of the hands of those who lack them, and every email as it is.

        Codes and notices go to the email: whoever could change it would own the account.
        """
        fixed = (*self.readonly_fields, "email") if obj else self.readonly_fields
        return fixed if _is_superuser(request) else (*fixed, *POWERS)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Groups, their permissions in one list: Django's pair of lists has labels of nothing."""

    filter_horizontal = ()


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
