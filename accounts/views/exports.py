"""Downloading people and records as files. Each download is recorded and needs a fresh proof."""

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.exports.tables import Scope, Table, columns_of
from accounts.forms.exports import FOR_MANAGERS, FOR_STAFF, ExportForm, StaffExportForm
from accounts.models import Organization
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from accounts.views.support import for_support
from mfa import audit, files
from mfa.client import client_of
from mfa.files import Format
from mfa.messages import alerts
from mfa.models import Event


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
def export(request: UserRequest) -> HttpResponse:
    """Download people, the audit or deliveries, of all or one organization."""
    tables = tuple(each for each, may in FOR_STAFF.items() if request.user.has_perm(may))
    if not tables:
        raise PermissionDenied
    form = StaffExportForm(request.POST or None, tables)
    if form.is_valid():
        # As a helper who opens many people's pages
        alerts.warn_of_export(request.user, form.cleaned_data["table"])
        return _download(request, form, form.cleaned_data["organization"])
    return render(request, "accounts/export.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
def export_members(request: UserRequest, organization: Organization) -> HttpResponse:
    """Download the people of an organization, or its enrollment report."""
    form = ExportForm(request.POST or None, FOR_MANAGERS)
    if form.is_valid():
        return _download(request, form, organization)
    context = {"form": form, "organization": organization}
    return render(request, "accounts/export_members.html", context)


def _download(
    request: UserRequest, form: ExportForm, organization: Organization | None
) -> HttpResponse:
    table, kind = Table(form.cleaned_data["table"]), Format(form.cleaned_data["format"])
    of = {"organization": organization.pk} if organization else {}
    audit.record(
        Event.EXPORTED,
        request.user,
        client=client_of(request),
        table=str(table),
        file_format=str(kind),
        **of,
    )
    rows = Scope(request.user, organization).rows(table)
    name = f"{organization.slug}-{table}" if organization else str(table)
    return files.download(name, columns_of(table), rows, kind)
