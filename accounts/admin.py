"""People in the administration."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_lazy as _

from accounts import passwords, powers, resets
from accounts.models import LARGEST_ID, User
from mfa import endings, jobs, origin as origins, pauses
from mfa.admin_base.page import PortalAdmin
from mfa.counters import TooMany
from mfa.guards import fresh, person
from mfa.rules.emails import normalize

# What makes somebody mighty is for superusers to give: an administrator must not promote himself.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
LIST = "admin:accounts_user_changelist"


@admin.register(User)
class UserAdmin(PortalAdmin[User]):
    """Who may log in, and as what; nobody sees or chooses another person's password (PW-10)."""

    actions = ("send_link", "require_new_password", "end_sessions")
    queued_actions = frozenset(actions)
    change_form_template = "admin/accounts/user/change_form.html"
    list_display = ("email", "full_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "username", "full_name")
    search_help_text = _("An email, a name, or a phone number (whole or its last four digits)")
    person_at = "pk"
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "full_name", "username", "language", "is_active")}),
        (_("What they may do"), {"fields": POWERS}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "full_name", "language")}),)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep staff out of the reach of all but superusers, their passwords above all (RV-06)."""
        return super().has_change_permission(request, obj) and not _is_beyond(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let nobody but superusers delete staff, whatever permission an operator has added."""
        return super().has_delete_permission(request, obj) and not _is_beyond(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Keep powers out of the hands of those who lack them, and every email as it is.

        Codes and notices go to the email: whoever could change it would own the account.
        """
        fixed = (*self.readonly_fields, "email") if obj else self.readonly_fields
        return fixed if _is_superuser(request) else (*fixed, *POWERS)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Ask for no more than an email of a new person, who sets the password by a link."""
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find an email in any spelling."""
        term = normalize(search_term) if "@" in search_term else search_term
        return super().get_search_results(request, queryset, term)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Let superusers confirm first that it is they: here they give powers (SS-08)."""
        show: Callable[..., HttpResponse] = super().changeform_view
        guarded = fresh()(show) if _is_superuser(request) else show
        with powers.watched(request, people=_one(object_id)):
            return guarded(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete an account; its powers end with it, and that is told."""
        with powers.watched(request, people=_one(object_id)):
            return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete the chosen accounts; their powers end with them, and that is told."""
        with powers.watched(request, people=queryset):
            super().delete_queryset(request, queryset)

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: ModelForm[User],
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save; a new person gets a link to set the password."""
        if not change:
            obj.set_unusable_password()
            obj.save()
            _send_link(request, obj)
            return
        if set(POWERS) & set(form.changed_data):
            # A helper who starts a pause waits here, then finds a person with powers (K19).
            pauses.hold(obj)
        # Only what was changed here: the person may have changed the password meanwhile.
        columns = User._meta.concrete_fields  # noqa: SLF001 - Django's public API
        obj.save(update_fields={column.name for column in columns} & set(form.changed_data))
        if not obj.is_active and "is_active" in form.changed_data:
            # No session is left for the day on which the person is enabled again (SS-05).
            _end_all(request, obj)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[User],
        formsets: Any,
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save groups and permissions; the pauses of who now has powers end (K19)."""
        super().save_related(request, form, formsets, change)
        if change and set(POWERS) & set(form.changed_data):
            _end_pauses(request, User.objects.filter(pk=form.instance.pk))

    @admin.action(description=_("Send a link to set the password"), permissions=["change"])
    def send_link(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """Mail a link to each; it lives 24 hours and leads through the second step."""
        return self._with_each(request, people, _send_link, "send_link")

    @admin.action(description=_("Require a new password"), permissions=["change"])
    def require_new_password(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """End all sessions of each; after the next login a new password comes first (PW-06)."""
        return self._with_each(request, people, _expire, "require_new_password")

    @admin.action(description=_("Log the chosen people out everywhere"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """End the sessions of each, half logins too (SS-07)."""
        return self._with_each(request, people, _end_sessions, "end_sessions")

    def _with_each(
        self,
        request: HttpRequest,
        people: QuerySet[User],
        act: Callable[[HttpRequest, User], None],
        action: str,
    ) -> HttpResponse:
        if people.count() > jobs.MOST_AT_ONCE:
            return self._start_job(request, people, action)
        if not all(self.has_change_permission(request, one) for one in people):
            raise PermissionDenied
        for one in people:
            act(request, one)
        return redirect(LIST)

    def _start_job(self, request: HttpRequest, people: QuerySet[User], action: str) -> HttpResponse:
        """Give many people to the worker, and lead to the page that shows how far it is."""
        keys = list(people.order_by("pk").values_list("pk", flat=True))
        job = jobs.start(action, keys, by=person(request), origin=origins.of(request))
        if job is None:
            messages.error(request, self.too_many())
            return redirect(LIST)
        messages.success(request, gettext("The worker has started. Reload to see how far it is."))
        return redirect("admin:mfa_job_change", job.pk)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PortalAdmin[Group], DjangoGroupAdmin):
    """Groups, their permissions in one list: Django's pair of lists has labels of nothing."""

    filter_horizontal = ()

    # The stubs know only HttpResponseBase.
    @method_decorator(fresh())  # type: ignore[arg-type]
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Confirm first: a group's permissions are powers too (SS-08, S05)."""
        with powers.watched_groups(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete a group, and tell what it gave."""
        with powers.watched_groups(request):
            return super().delete_view(request, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Delete the chosen groups, and tell what they gave."""
        with powers.watched_groups(request):
            super().delete_queryset(request, queryset)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Group],
        formsets: Any,
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save the permissions; the pauses of members who now have powers end (K19)."""
        super().save_related(request, form, formsets, change)
        _end_pauses(request, User.objects.filter(groups=form.instance))


def _end_pauses(request: HttpRequest, people: QuerySet[User]) -> None:
    for one in people.filter(pauses__until__gt=timezone.now()).distinct():
        if one.has_powers:
            pauses.end_running(one, by=person(request), origin=origins.of(request))


def _one(object_id: str | None) -> QuerySet[User]:
    """Find the account of a page's address; none for a new one, or an address of nothing."""
    pk = int(object_id) if object_id and object_id.isdecimal() else 0
    return User.objects.filter(pk=pk if pk <= LARGEST_ID else 0)


def _end_sessions(request: HttpRequest, one: User) -> None:
    _end_all(request, one)
    messages.success(request, gettext("Logged out everywhere: %s.") % one)


def _end_all(request: HttpRequest, one: User) -> None:
    endings.end_all(one, by=person(request), origin=origins.of(request))
    if one == request.user:
        # The acting session is among them: what is kept from here on needs another one.
        request.session.flush()


def _send_link(request: HttpRequest, person: User) -> None:
    words = {"email": person.email}
    try:
        sent = resets.send(person, origin=origins.of(request), by=request.user.pk or 0)
    except TooMany:
        messages.error(request, gettext("%(email)s got several links within the hour.") % words)
        return
    if sent:
        messages.success(request, gettext("A link is on its way to %(email)s.") % words)
    else:
        refusal = gettext("No link went to %(email)s: disabled, or no mail server is set.") % words
        messages.error(request, refusal)


def _expire(request: HttpRequest, person: User) -> None:
    passwords.expire(person, origin=origins.of(request), by=request.user.pk or 0)
    words = gettext("%(email)s was logged out and has to choose a new password at the next login.")
    messages.success(request, words % {"email": person.email})


def _is_beyond(request: HttpRequest, one: User | None) -> bool:
    """Whether an account is out of the reach of who acts."""
    mighty = one is not None and (one.is_staff or one.is_superuser)
    return mighty and not _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
