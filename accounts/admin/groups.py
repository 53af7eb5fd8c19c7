"""The admin pages of groups."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator

from accounts.admin.permissions import field_of
from accounts.admin.powers import end_pauses
from accounts.models import User
from accounts.people import powers
from mfa.admin.base.page import PortalAdmin
from mfa.login.guards import fresh

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PortalAdmin[Group], DjangoGroupAdmin):
    """Groups with their permissions in one list. Django's pair of lists lacks labels."""

    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """List permissions in the reader's language."""
        return super().formfield_for_manytomany(db_field, request, **field_of(db_field), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """Show permissions to those who can change them."""
        may = self.has_change_permission(request, obj) if obj else True
        return super().get_fields(request, obj) if may else ("name",)

    # The stubs know only HttpResponseBase.
    @method_decorator(fresh())  # type: ignore[arg-type]
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Require a fresh proof, because a group's permissions are sensitive (SS-08, S05)."""
        with powers.watched_groups(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete a group, and notify administrators."""
        with powers.watched_groups(request):
            return super().delete_view(request, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Delete the selected groups, and notify administrators."""
        with powers.watched_groups(request):
            super().delete_queryset(request, queryset)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Group],
        formsets: Any,
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save the permissions, and end pauses of members who now have permissions (K19)."""
        super().save_related(request, form, formsets, change)
        end_pauses(request, User.objects.filter(groups=form.instance))
