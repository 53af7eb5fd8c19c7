"""The admin site: Django's admin with the portal's own login and second step."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.views.login import logout as end_session
from mfa.admin.base.page import PortalAdmin
from mfa.admin.base.words import NOTHING
from mfa.admin.checklist import tasks_of
from mfa.login import typed
from mfa.login.guards import SAFE, confirm_first, is_fresh, is_strong, person

# The views of a model's form
EDITS = {"add_view", "change_view"}


class PortalAdminSite(AdminSite):
    """The admin without its own login, logout and password form."""

    empty_value_display = NOTHING
    site_header = _("Administration")
    site_title = _("Administration")
    index_title = _("Administration")

    def has_permission(self, request: HttpRequest) -> bool:
        """Allow active staff who proved a second step if they need one (LG-06, AZ-03)."""
        user = request.user
        if not (isinstance(user, User) and user.may_log_in and user.is_staff):
            return False
        return is_strong(request, user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Require a fresh factor before every POST. Answer 403 to people without permission.

        A redirect to the login would loop for people who are logged in.
        """
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            if "%00" in request.get_full_path():
                # No column can hold a NUL, and PostgreSQL refuses queries with one.
                raise BadRequest
            if self._needs_proof(request, view):
                return self._confirm_first(request, view, kwargs.get("object_id"))
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return guarded

    def _confirm_first(self, request: HttpRequest, view: object, object_id: object) -> HttpResponse:
        """Redirect to the step-up. What was typed into the view's form comes back after it."""
        back, form, address = getattr(view, "back", ""), typed.form_of(view), ""
        page = getattr(view, "__self__", None)
        if isinstance(page, PortalAdmin) and getattr(view, "__name__", "") in EDITS:
            form = page.form_behind(request, str(object_id) if object_id else None)
            address = page.form_address(request)
        return confirm_first(request, person(request), back=back, form=form, address=address)

    def _needs_proof(self, request: HttpRequest, view: object) -> bool:
        """Whether this can change something and the last factor is over ten minutes old (S21)."""
        if request.method in SAFE or view == self.logout or not request.user.is_authenticated:
            return False
        return not is_fresh(request, person(request))

    @login_not_required
    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        """Redirect to the portal's login."""
        wanted = request.GET.get("next", reverse("admin:index"))
        return redirect(f"{reverse('accounts:login')}?{urlencode({'next': wanted})}")

    # The portal's logout, by POST only
    logout = staticmethod(end_session)  # type: ignore[assignment]  # the stubs promise its own page

    def password_change(  # type: ignore[override]  # the stubs promise a page of its own
        self, request: HttpRequest, extra_context: object = None
    ) -> HttpResponse:
        """Redirect to the portal's own page."""
        return redirect("accounts:password")

    password_change_done = password_change  # type: ignore[assignment]  # as above

    def register(
        self,
        model_or_iterable: Any,
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Add the portal's base class to every admin page without it."""
        page = admin_class or PortalAdmin
        if not issubclass(page, PortalAdmin):
            page = type(page.__name__, (PortalAdmin, page), {"__module__": page.__module__})
        super().register(model_or_iterable, page, **options)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Complete only the fields for which an admin page has autocompletion (S01)."""
        asked = request.GET
        offered = any(
            asked.get("app_label") == model._meta.app_label  # noqa: SLF001 - Django's public API
            and asked.get("model_name") == model._meta.model_name  # noqa: SLF001
            and asked.get("field_name") in page.get_autocomplete_fields(request)
            for model, page in self._registry.items()
        )
        if not offered:
            raise BadRequest
        return super().autocomplete_view(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the second path to the account policy (A10), and remove the lookup of any row."""
        tree = path("system-settings/", self.admin_view(self.system_settings))
        tree.name = "system_settings"
        offered = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        return [tree, *offered]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Lead through the first hour, above the list of pages."""
        user = person(request)
        tasks = tasks_of(user) if user.has_perm("mfa.change_accountpolicy") else []
        return super().index(request, {**(extra_context or {}), "tasks": tasks})

    def system_settings(self, request: HttpRequest) -> HttpResponse:
        """Show the settings as folders."""
        context = {**self.each_context(request), "title": _("System Settings")}
        context["folders"] = super().get_app_list(request)
        return TemplateResponse(request, "admin/system_settings.html", context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """List the apps and System Settings."""
        apps = super().get_app_list(request, app_label)
        entry = {
            "name": _("System Settings"),
            "object_name": "SystemSettings",
            "admin_url": reverse("admin:system_settings"),
            "view_only": True,
        }
        settings = {
            "name": _("System Settings"),
            "app_label": "system_settings",
            "app_url": reverse("admin:system_settings"),
            "has_module_perms": True,
            "models": [entry],
        }
        return apps if app_label else [*apps, settings]
