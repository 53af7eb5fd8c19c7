"""Who the unsaved rules of an organization affect, before Save."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.admin.organization_rules_form import OrganizationPolicyForm
from accounts.models import OrganizationPolicy
from accounts.organizations import rules
from mfa import files
from mfa.login.affected import number_of, sent_again
from mfa.login.guards import SignedIn, fresh
from mfa.login.impact_file import file_of

CHANGE = "accounts.change_organization"
FORM = "admin:accounts_organizationpolicy_change"


@require_POST
@fresh(back="admin:accounts_organization_changelist")
def affected(request: SignedIn, object_id: str) -> HttpResponse:
    """List the people whose next login the values change, page by page or as a file."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    level = _level(unquote(object_id))
    form = OrganizationPolicyForm(request.POST, instance=level)
    if form.errors:
        return redirect(FORM, level.pk)
    rules.follow(form.organization, level)
    found = rules.impact_in_time(form.organization, level, timezone.now())
    if "format" in request.POST:
        return file_of(found, whole_numbers=True, kind=files.wanted(request.POST))
    people, after = found.page(number_of(request.POST.get("after")))
    context = {
        **admin.site.each_context(request),
        "title": gettext("People affected"),
        "organization": form.organization,
        "level": level,
        "people": people,
        "after": after,
        "sent": sent_again(request),
    }
    return TemplateResponse(request, "admin/accounts/organizationpolicy/affected.html", context)


def _level(number: str) -> OrganizationPolicy:
    found = OrganizationPolicy.objects.filter(pk=number_of(number)).first()
    if found is None:
        raise Http404
    return found
