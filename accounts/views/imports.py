"""Importing people: upload, columns, dry run, progress and result.

Administrators start at `/import/`, managers at their organization. The rest is the same, and only
for the author of the import.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.csv_import import dry_run, progress, reports, run, tasks, uploads, words
from accounts.csv_import.reading import MOST_BYTES, UnreadableError
from accounts.forms.csv_import import ColumnsForm, FileForm, PlacedFileForm, StartForm
from accounts.models import Organization, PeopleImport
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from mfa import files
from mfa.client import client_of
from mfa.login.guards import SAFE, confirm_first, fresh, is_fresh, is_strong

State = PeopleImport.State
View = Callable[..., HttpResponseBase]
# The other fields of the form, and the borders between its parts
UPLOAD_LIMIT = MOST_BYTES + 100 * 1024
FINDINGS_SHOWN = 50


def for_importer(view: View) -> View:
    """Run the view with the import of its number, for its author, who may still import there.

    Another person's import and one that does not exist get the same answer (AZ-02). A POST needs a
    fresh proof (SS-08).
    """

    @never_cache
    @wraps(view)
    def guarded(request: UserRequest, import_id: int) -> HttpResponseBase:
        held = _found(request, import_id)
        if held is None:
            raise Http404
        if not is_strong(request, request.user):
            raise PermissionDenied
        if request.method not in SAFE and not is_fresh(request, request.user):
            return confirm_first(request, request.user)
        return view(request, held)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@fresh()
def import_people(request: UserRequest) -> HttpResponse:
    """Take a file from an administrator."""
    if not _may(request, None, invites=False):
        raise PermissionDenied
    form = PlacedFileForm(request.POST or None, request.FILES or None)
    context = {"form": form, "imports": _earlier(request, None)}
    if form.is_valid() and (held := _stored(request, form, form.cleaned_data["organization"])):
        return redirect("accounts:people_import", held.pk)
    return render(request, "accounts/import_people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
@fresh()
def import_members(request: UserRequest, organization: Organization) -> HttpResponse:
    """Take a file from a manager, whose import invites people."""
    form = FileForm(request.POST or None, request.FILES or None)
    context = {
        "form": form,
        "organization": organization,
        "imports": _earlier(request, organization),
    }
    if form.is_valid() and (held := _stored(request, form, organization)):
        return redirect("accounts:people_import", held.pk)
    return render(request, "accounts/import_members.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_importer
def people_import(request: UserRequest, held: PeopleImport) -> HttpResponse:
    """Show how far an import is, and take what its columns hold."""
    form: ColumnsForm | StartForm = StartForm(None, invites=held.invites)
    if held.state == State.UPLOADED:
        form = columns = _columns_form(request, held)
        if columns.is_valid() and _are_mapped(held, columns):
            tasks.wake(held.pk)
            return redirect("accounts:people_import", held.pk)
    context = {
        "import": held,
        "form": form,
        "organization": held.organization,
        "counts": progress.counts_of(held),
        "fault": words.of_file(held.fault, held.fault_line, held.fault_names) if held.fault else "",
        "mail": reports.mail_words(held),
        "words": progress.words_of(held),
        "no_worker": settings.CELERY_TASK_ALWAYS_EAGER,
        "findings": [] if held.is_working else _shown(held),
        "more": held.findings.count() > FINDINGS_SHOWN,
        "shown": FINDINGS_SHOWN,
    }
    return render(request, "accounts/people_import.html", context)


@require_POST
@for_importer
def run_import(request: UserRequest, held: PeopleImport) -> HttpResponse:
    """Start the run that the dry run has shown, or continue it."""
    form = StartForm(request.POST, invites=held.invites)
    sends = form.is_valid() and form.cleaned_data["sends_mail"]
    started = run.start(request.user, held, sends_mail=sends, client=client_of(request))
    if started or held.is_working:
        tasks.wake(held.pk)
    return redirect("accounts:people_import", held.pk)


@require_POST
@for_importer
def stop_import(request: UserRequest, held: PeopleImport) -> HttpResponse:
    """Stop after the people in work."""
    if run.stop(held):
        messages.success(request, gettext("The import has stopped. You can continue it."))
    return redirect("accounts:people_import", held.pk)


@never_cache
@require_safe
def import_status(request: UserRequest, import_id: int) -> JsonResponse:
    """Return the progress for the page's script."""
    held = _found(request, import_id)
    if held is None:
        title = gettext("There is no such import.")
        problem = {"title": title, "status": HTTPStatus.NOT_FOUND}
        kind = "application/problem+json"
        return JsonResponse(problem, status=HTTPStatus.NOT_FOUND, content_type=kind)
    words_now = progress.words_of(held)
    return JsonResponse({"words": words_now, "value": held.position, "final": not held.is_working})


@require_safe
@for_importer
def import_findings(request: UserRequest, held: PeopleImport) -> HttpResponseBase:
    """Send everything that was found as a file."""
    rows, kind = reports.findings(held), files.wanted(request.GET)
    return files.download(f"import-{held.pk}", reports.FINDINGS, rows, kind)


@require_safe
@for_importer
def import_outcomes(request: UserRequest, held: PeopleImport) -> HttpResponseBase:
    """Send what happens to each person, and who gets an email, as a file."""
    rows, kind = reports.outcomes(held), files.wanted(request.GET)
    return files.download(f"import-{held.pk}-people", reports.OUTCOMES, rows, kind)


def _shown(held: PeopleImport) -> list[dict[str, object]]:
    """Return the first findings in words."""
    return [
        {
            "line": each.line,
            "shown": each.shown,
            "is_bad": each.is_bad,
            "reason": words.reason_of(each),
            "remedy": words.remedy_of(each),
        }
        for each in progress.findings_of(held)[:FINDINGS_SHOWN]
    ]


def _may(request: UserRequest, organization: Organization | None, *, invites: bool) -> bool:
    strong = is_strong(request, request.user)
    return strong and run.may_import(request.user, organization, invites=invites)


def _found(request: UserRequest, import_id: int) -> PeopleImport | None:
    """Return the person's own import, if the person may still import there."""
    rows = PeopleImport.objects.filter(by=request.user).select_related("organization")
    held = rows.filter(pk=import_id).first()
    if held is None or not _may(request, held.organization, invites=held.invites):
        return None
    return held


def _earlier(request: UserRequest, organization: Organization | None) -> list[PeopleImport]:
    """Return the person's last imports here."""
    mine = PeopleImport.objects.filter(by=request.user, invites=organization is not None)
    if organization:
        mine = mine.filter(organization=organization)
    return list(mine.order_by("-pk")[:10])


def _stored(
    request: UserRequest,
    form: FileForm,
    organization: Organization | None,
) -> PeopleImport | None:
    """Store the file. A manager's form has no choice of the organization, and invites."""
    file = form.cleaned_data["file"]
    try:
        return uploads.store(
            request.user,
            organization,
            file.read(),
            name=file.name,
            invites=not isinstance(form, PlacedFileForm),
            client=client_of(request),
        )
    except UnreadableError as error:
        form.add_error("file", words.of_file(error.fault, error.line, error.names))
        return None


def _columns_form(request: UserRequest, held: PeopleImport) -> ColumnsForm:
    header = uploads.header_of(held)
    mapped = dry_run.judge_of(held, header).mapped
    data = request.POST if request.method == "POST" else None
    return ColumnsForm(data, header=header, mapped=mapped, invites=held.invites)


def _are_mapped(held: PeopleImport, form: ColumnsForm) -> bool:
    try:
        uploads.map_columns(held, form.mapped)
    except UnreadableError as error:
        form.add_error(None, words.of_file(error.fault, error.line, error.names))
        return False
    return True


# The middleware for request bodies reads this.
vars(import_people)["upload_limit"] = vars(import_members)["upload_limit"] = UPLOAD_LIMIT
