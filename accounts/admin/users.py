"""The admin pages of people."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import IntegrityError
from django.db.models import ManyToManyField, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _

from accounts.admin.chosen import ChosenPeople, end_all, mail_link
from accounts.admin.forms import PersonForm
from accounts.admin.permissions import field_of
from accounts.admin.powers import end_pauses
from accounts.admin.unmanaged import warn_of_unmanaged, warning_of_unmanaged
from accounts.models import LARGEST_ID, Membership, User
from accounts.people import powers
from mfa import pauses
from mfa.admin.base.words import NOTHING, audit_of, label, when
from mfa.login.guards import fresh
from mfa.models import Challenge, Delivery, Factor
from mfa.search import people as search

# Only superusers can grant these, so an administrator cannot promote themselves.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
# What decides whether the account can be used
USABLE = {"is_active", "valid_from", "valid_until"}
# Their own pages are read-only, but they go with their person.
DELETED_TOO = {model._meta.verbose_name for model in (Challenge, Delivery, Factor, Membership)}  # noqa: SLF001 Django's public name
ROLES: tuple[Any, Any] = (_("Permissions"), {"fields": POWERS})


@admin.register(User)
class UserAdmin(ChosenPeople):
    """People and their roles. Nobody can see or set another person's password (PW-10)."""

    form = PersonForm
    change_form_template = "admin/accounts/user/change_form.html"
    list_display = ("state", "email", "full_name", "powers", "last_seen")
    list_display_links = ("email",)
    sortable_by = ("email",)
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "username", "full_name")
    search_help_text = _(
        "Email, name, phone number (whole or the last four digits) or reference code (shown on "
        "the help page)"
    )
    person_at = "pk"
    ordering = ("email",)
    readonly_fields = ("last_seen", "joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "full_name", "username", "language", "is_active")}),
        ROLES,
        (_("Dates"), {"fields": ("valid_from", "valid_until", "last_seen", "joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "full_name", "language")}),)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers can change staff, in particular reset their passwords (RV-06)."""
        return super().has_change_permission(request, obj) and not _is_beyond(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers can delete staff, whatever permissions others have."""
        return super().has_delete_permission(request, obj) and not _is_beyond(request, obj)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show who has permissions to those who can change them."""
        return _for(request, self.list_display)

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """Filter by permissions for those who can change them."""
        return _for(request, self.list_filter)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Make permissions read-only for non-superusers, and an existing email for everyone.

        Codes and notices go to the email, so changing it would take over the account.
        """
        fixed = (*self.readonly_fields, "email") if obj else self.readonly_fields
        return fixed if _is_superuser(request) else (*fixed, *POWERS)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Ask only for the email of a new person. Show roles to those who can change them."""
        if not obj:
            return self.add_fieldsets
        shown = super().get_fieldsets(request, obj)
        return shown if _is_superuser(request) else [each for each in shown if each != ROLES]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """List permissions in the reader's language."""
        return super().formfield_for_manytomany(db_field, request, **field_of(db_field), **kwargs)

    def searched(self, request: HttpRequest, term: str) -> Q:
        """Find all people who match, not only the first hundred."""
        return search.of_people(request, term)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the person's audit."""
        person = self.get_object(request, unquote(object_id))
        if person is None or not request.user.has_perm("mfa.view_auditevent"):
            return super().history_view(request, object_id, extra_context)
        return redirect(audit_of(person.pk))

    @admin.display(description=_("state"))
    def state(self, person: User) -> SafeString:
        """Whether the account can be used."""
        if not person.is_active:
            return label("bad", gettext("Turned off"))
        if not person.is_valid_at(timezone.now()):
            return label("bad", gettext("Outside its dates"))
        return label("good", gettext("Active"))

    @admin.display(description=_("Staff access"))
    def powers(self, person: User) -> str:
        """What the person may do in the administration."""
        if person.is_superuser:
            return gettext("Superuser")
        return gettext("Staff") if person.is_staff else NOTHING

    @admin.display(description=_("Last login"))
    def last_seen(self, person: User) -> SafeString:
        """When the person last logged in."""
        return when(person.last_login)

    @admin.display(description=_("Joined"))
    def joined(self, person: User) -> SafeString:
        """When the account was made."""
        return when(person.date_joined)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Require a fresh proof from superusers, who can grant permissions here (SS-08)."""
        show: Callable[..., HttpResponse] = super().changeform_view
        guarded = fresh()(show) if _is_superuser(request) else show
        with powers.watched(request, people=_one(object_id)):
            try:
                return guarded(request, object_id, form_url, extra_context)
            except IntegrityError:
                # Someone else took the email or username in this moment. Now the form says so.
                return guarded(request, object_id, form_url, extra_context)

    def get_deleted_objects(
        self, objs: QuerySet[User] | Sequence[User], request: HttpRequest
    ) -> tuple[Any, ...]:
        """Delete the factors and messages of a person too, though their own pages are read-only."""
        listed, numbers, needed, protected = super().get_deleted_objects(objs, request)
        return listed, numbers, needed - DELETED_TOO, protected

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete an account, and notify administrators of its permissions."""
        held = Membership.objects.filter(user__in=_one(object_id))
        with powers.watched(request, people=_one(object_id)), warning_of_unmanaged(request, held):
            return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete the selected accounts, and notify administrators of their permissions."""
        held = Membership.objects.filter(user__in=queryset)
        with powers.watched(request, people=queryset), warning_of_unmanaged(request, held):
            super().delete_queryset(request, queryset)

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: ModelForm[User],
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save. A new person gets a link to set the password."""
        if not change:
            obj.set_unusable_password()
            obj.save()
            mail_link(request, obj)
            return
        if set(POWERS) & set(form.changed_data):
            # A pause that starts at the same time waits for this, and then finds a person with
            # permissions (K19).
            pauses.hold(obj)
        # Only the changed columns, because the person may have changed the password meanwhile.
        columns = User._meta.concrete_fields  # noqa: SLF001 - Django's public API
        obj.save(update_fields={column.name for column in columns} & set(form.changed_data))
        if not obj.may_log_in and USABLE & set(form.changed_data):
            # End the sessions, so that none works again if the person is enabled later (SS-05).
            end_all(request, obj)
            warn_of_unmanaged(request, obj.memberships.all())

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[User],
        formsets: Any,
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save groups and permissions, and end pauses of people who now have permissions (K19)."""
        super().save_related(request, form, formsets, change)
        if change and set(POWERS) & set(form.changed_data):
            end_pauses(request, User.objects.filter(pk=form.instance.pk))


def _one(object_id: str | None) -> QuerySet[User]:
    """Return the account in the page's URL, or none for a new one or an invalid id."""
    pk = int(object_id) if object_id and object_id.isdecimal() else 0
    return User.objects.filter(pk=pk if pk <= LARGEST_ID else 0)


def _is_beyond(request: HttpRequest, one: User | None) -> bool:
    """Whether the acting person cannot change this account."""
    mighty = one is not None and (one.is_staff or one.is_superuser)
    return mighty and not _is_superuser(request)


def _for(request: HttpRequest, names: tuple[str, ...]) -> tuple[str, ...]:
    hidden = () if _is_superuser(request) else (*POWERS, "powers")
    return tuple(name for name in names if name not in hidden)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
