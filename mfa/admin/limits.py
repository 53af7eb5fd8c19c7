"""Security > Limits: every limit, and the send blocks."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from mfa import countries
from mfa.admin.base.read_only import ReadOnly
from mfa.admin.figures import limits_of, other_figures, shares_of
from mfa.client import client_of
from mfa.fraud import blocks
from mfa.login.guards import fresh, person
from mfa.models import SendBlock, SitePolicy

PAGE = "admin:mfa_sendblock_changelist"
LIFT = "mfa.change_sendblock"


class LiftForm(forms.Form):
    """The numbers or the country to allow again."""

    scope = forms.CharField()


@admin.register(SendBlock)
class LimitsAdmin(ReadOnly):
    """One page instead of a list."""

    fields = ("scope", "started_at", "until", "lifted_at", "lifted_by")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the limits, today's use and the send blocks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        policy = SitePolicy.load()
        context = {
            **admin.site.each_context(request),
            "title": gettext("Limits"),
            "figures": [*limits_of(policy), *other_figures()],
            "shares": shares_of(policy),
            "send_blocks": [
                (block, _named(block)) for block in SendBlock.objects.running(timezone.now())
            ],
            "may_lift": person(request).has_perm(LIFT),
        }
        return TemplateResponse(request, "admin/mfa/limits.html", context)

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the page that lifts a block."""
        lift = path("lift/", self.admin_site.admin_view(lift_block), name="mfa_sendblock_lift")
        return [lift, *super().get_urls()]


@require_http_methods(["GET", "HEAD", "POST"])
@fresh(back=PAGE)
def lift_block(request: HttpRequest) -> HttpResponse:
    """Say what a send block's end allows, then lift it."""
    administrator = person(request)
    if not administrator.has_perm(LIFT):
        raise PermissionDenied
    form = LiftForm(request.POST or request.GET)
    if not form.is_valid():
        raise Http404
    block = get_object_or_404(SendBlock, pk=form.cleaned_data["scope"])
    if request.method == "POST":
        blocks.lift(block, administrator, client=client_of(request))
        return redirect(PAGE)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Allow texts again?"),
        # Not "block": in a template, that is the block tag.
        "scope": block.scope,
        "until": block.until,
        "name": _named(block),
    }
    return TemplateResponse(request, "admin/mfa/lift_block.html", context)


def _named(block: SendBlock) -> str:
    if block.asker:
        return block.asker
    return countries.name_of(block.scope) if block.is_country else f"{block.scope}…"
