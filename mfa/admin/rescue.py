"""What is done for one person who cannot get in: a pause (B15), another number (B16)."""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mfa import factors, origin as origins, pauses, plain_text
from mfa.counters import TooMany
from mfa.forms.phones import PhoneForm
from mfa.guards import SignedIn, fresh
from mfa.models import Pause, Protected
from mfa.rules.policy import Method
from mfa.views.pages import refused

LIST = "admin:mfa_pause_changelist"


REFUSED = {
    pauses.Refusal.STAFF: _("A pause is never for staff."),
    pauses.Refusal.RUNNING: _("A pause runs already. End it first."),
}
HELPED_ENOUGH = _(
    "You have paused the second step or written a number for ten people today. "
    "Ask a colleague to help this person, or try again tomorrow."
)


class PauseForm(forms.Form):
    """Why, and for how long; it ends by itself."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=plain_text.LONGEST_REASON,
        validators=[plain_text.check],
        help_text=_("Kept in the audit and mailed to the person."),
    )
    hours = forms.IntegerField(
        label=_("Hours until it ends by itself"),
        min_value=1,
        max_value=pauses.MOST_HOURS,
        initial=pauses.USUAL_HOURS,
        help_text=_("24 if nothing speaks against it; at most 168, a week."),
    )


class NumberForm(PhoneForm):
    """Another number for a person, and why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=plain_text.LONGEST_REASON,
        validators=[plain_text.check],
        help_text=_("Kept in the audit and mailed to the person."),
    )

    def clean_phone(self) -> str:
        """Return the number; none where the person's policy allows no phones."""
        if Method.PHONE not in self.policy.methods:
            raise forms.ValidationError(gettext("This person's policy allows no phones."))
        return super().clean_phone()


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone")
@fresh()
def set_number(request: SignedIn, pk: int) -> HttpResponse:
    """Write a person's number: never staff's, never one's own (RV-05, "who")."""
    user = get_object_or_404(get_user_model(), pk=pk)
    _demand(request, user, "mfa.change_factor")
    form = NumberForm(request.POST or None, policy=user.mfa_policy)
    refusal = None
    if form.is_valid():
        try:
            return _set_number(request, user, form)
        except TooMany as too_many:
            refusal = too_many
            form.add_error(None, HELPED_ENOUGH)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Change the phone number"),
        "form": form,
        "person": user,
        "phone": factors.phone_of(user),
    }
    return refused(TemplateResponse(request, "admin/mfa/set_number.html", context), refusal)


def _set_number(request: SignedIn, user: Protected, form: NumberForm) -> HttpResponse:
    changed = factors.assign_phone(
        user,
        form.cleaned_data["phone"],
        reason=form.cleaned_data["reason"],
        by=request.user,
        origin=origins.of(request),
    )
    if not changed:
        messages.warning(request, gettext("Something else was changed first. Look again."))
        return redirect(request.path)
    messages.success(request, gettext("The number is changed. The next login proves it."))
    return redirect("admin:mfa_factor_changelist")


@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def pause_person(request: SignedIn, pk: int) -> HttpResponse:
    """Let one person log in by password alone for a time; never staff, never oneself (K19)."""
    user = get_object_or_404(get_user_model(), pk=pk)
    _demand(request, user, "mfa.add_pause")
    form = PauseForm(request.POST or None)
    refusal = None
    if form.is_valid():
        try:
            started = pauses.start(user, by=request.user, **form.cleaned_data)
        except TooMany as too_many:
            refusal = too_many
            form.add_error(None, HELPED_ENOUGH)
        else:
            if isinstance(started, Pause):
                messages.success(request, gettext("The second step of this person is paused."))
                return redirect(LIST)
            form.add_error(None, REFUSED[started])
    running = pauses.running_of(user)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Pause MFA for this user"),
        "form": form,
        "person": user,
        "running_until": running and running.until,
    }
    return refused(TemplateResponse(request, "admin/mfa/pause_person.html", context), refusal)


@require_POST
@fresh(back=LIST)
def end_pause(request: SignedIn, pk: int) -> HttpResponse:
    """End a pause before its time."""
    pause = get_object_or_404(Pause, pk=pk)
    user = get_object_or_404(get_user_model(), pk=pause.user_id)
    _demand(request, user, "mfa.add_pause")
    pauses.end(pause, user, by=request.user, origin=origins.of(request))
    messages.success(request, gettext("The pause has ended."))
    return redirect(LIST)


def _demand(request: SignedIn, user: Protected, permission: str) -> None:
    """Refuse who may not, whatever their powers: oneself, staff, and people of equal rank."""
    if user.has_powers or user == request.user or not request.user.has_perm(permission):
        raise PermissionDenied
