"""Who the unsaved values of the Account Policy affect, before Save."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from mfa import files
from mfa.admin import status
from mfa.admin.forms import AccountPolicyForm
from mfa.login import impact
from mfa.login.affected import number_of, sent_again
from mfa.login.guards import SignedIn, fresh
from mfa.login.impact import Impact, Later
from mfa.login.impact_file import file_of
from mfa.login.policy_words import impact_sentences, sentence_of_site
from mfa.login.typed import keeps
from mfa.models import AccountPolicy, SitePolicy

FORM = "admin:mfa_accountpolicy_changelist"


@require_POST
@fresh(back=FORM)
@sensitive_post_parameters("sms_auth_token")
@keeps(AccountPolicyForm)
def show_impact(request: SignedIn) -> HttpResponse:
    """Show the form again, unsaved, with what its values change and for how many people."""
    form = _sent(request)
    preview = None if form.errors else _preview(form)
    page = admin.site.get_model_admin(AccountPolicy)
    pk = str(AccountPolicy.load().pk)
    return page.changeform_view(request, pk, extra_context={"preview": preview})


@require_POST
@fresh(back=FORM)
@sensitive_post_parameters("sms_auth_token")
def affected(request: SignedIn) -> HttpResponse:
    """List the people whose next login the values change, page by page or as a file."""
    form = _sent(request)
    if form.errors:
        return redirect(FORM)
    before = AccountPolicy.load()
    found = impact_of(before, _on_all_dates(before, form.instance))
    if "format" in request.POST:
        return file_of(found, whole_numbers=True, kind=files.wanted(request.POST))
    people, after = found.page(number_of(request.POST.get("after")))
    context = {
        **admin.site.each_context(request),
        "title": gettext("People affected"),
        "people": people,
        "after": after,
        "sent": sent_again(request),
    }
    return TemplateResponse(request, "admin/mfa/accountpolicy/affected.html", context)


def impact_of(before: SitePolicy, after: SitePolicy) -> Impact:
    """Return who a change of the site's policy affects, with what saving it would note."""
    now = timezone.now()
    turning_on = after.enabled and not before.enabled
    if turning_on and after.enrolls_again and before.first_enabled_at is not None:
        after.enroll_again_from = now
    if after.enabled and after.first_enabled_at is None:
        after.first_enabled_at = now
    after.follow(before)
    return impact.of(before, after, now)


def later_of(before: SitePolicy, after: SitePolicy) -> list[Later]:
    """Return what a change means from each of its dates on."""
    now = timezone.now()
    return [
        Later(day, impact.of(before, after.on_dates([name], now), now))
        for name, day in after.coming(before, now).items()
    ]


def _on_all_dates(before: SitePolicy, after: SitePolicy) -> SitePolicy:
    now = timezone.now()
    return after.on_dates(after.coming(before, now), now)


def _sent(request: SignedIn) -> AccountPolicyForm:
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    form = AccountPolicyForm(request.POST, instance=AccountPolicy.load())
    form.full_clean()
    return form


def _preview(form: AccountPolicyForm) -> dict[str, object]:
    before = AccountPolicy.load()
    later = later_of(before, form.instance)
    sentences = impact_sentences(impact_of(before, form.instance), later)
    staff = [status.staff_words()] if later else []
    return {
        "before": sentence_of_site(before),
        "after": sentence_of_site(form.instance),
        "sentences": [*sentences, *staff],
    }
