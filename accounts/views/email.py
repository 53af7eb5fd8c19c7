"""Change of email: requested by the owner, confirmed by a link to the new address."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.forms.mailboxes import EmailForm, RecoveryEmailForm
from accounts.models import User
from accounts.people import mailboxes
from accounts.people.links import Link
from accounts.views import links
from accounts.views.requests import UserRequest
from mfa import factors
from mfa.login import typed
from mfa.login.guards import fresh
from mfa.login.typed import keeps
from mfa.models import Factor


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@keeps(EmailForm)
def change_email(request: UserRequest) -> HttpResponse:
    """Email a link to the new address. The old one stays until the link is confirmed."""
    form = EmailForm(request.user, request.POST or None)
    typed.fill(request, form)
    if form.is_valid():
        mailboxes.ask(request, request.user, form.cleaned_data["email"])
        return redirect(f"{reverse('accounts:details')}?saved=link")
    held = factors.held_by(request.user)
    has_emails = any(factor.kind == Factor.Kind.EMAIL for factor in held)
    context = {"form": form, "has_emails": has_emails}
    return render(request, "accounts/change_email.html", context)


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show a button and confirm by POST, because email scanners open links."""
    held = User.objects.by_link(uid, token)
    alive = held is not None and held[1] is Link.EMAIL
    if held and alive and request.method == "POST":
        alive = mailboxes.confirm(request, held[0], uid, token)
        if alive and request.user.is_authenticated and request.user.pk == held[0].pk:
            return redirect(f"{reverse('accounts:details')}?saved=email")
        if alive:
            return redirect(f"{reverse('accounts:login')}?notice=email")
    if not (held and alive):
        return links.dead(request, links.EMAIL, uid, token)
    return render(request, "accounts/confirm_email.html", {"new_email": held[0].new_email})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@keeps(RecoveryEmailForm)
def recovery_email(request: UserRequest) -> HttpResponse:
    """Email a link to a second address, or forget the one that is kept (RV-08). Raises TooMany."""
    if "remove" in request.POST:
        mailboxes.remove_recovery(request, request.user)
        return redirect("accounts:recovery_email")
    form = RecoveryEmailForm(request.user, request.POST or None)
    typed.fill(request, form)
    if form.is_valid():
        mailboxes.ask_recovery(request, request.user, form.cleaned_data["email"])
        return redirect(f"{reverse('accounts:recovery_email')}?sent=link")
    context = {"form": form, "sent": "sent" in request.GET}
    return render(request, "accounts/recovery_email.html", context)


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_recovery_email(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show a button and confirm by POST, because email scanners open links."""
    held = User.objects.by_link(uid, token)
    alive = held is not None and held[1] is Link.RECOVERY_EMAIL
    if held and alive and request.method == "POST":
        if mailboxes.confirm_recovery(request, held[0], uid, token):
            return redirect("accounts:recovery_email")
        alive = False
    if not (held and alive):
        return links.dead(request, links.RECOVERY_EMAIL, uid, token)
    context = {"new_email": held[0].new_recovery_email}
    return render(request, "accounts/confirm_recovery_email.html", context)
