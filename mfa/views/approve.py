"""Approval on a phone, on the phone: the setup, the request with its answer, and the web app.

Nobody is logged in here. A cookie shows the phone its requests, and only its key answers them.
"""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa.channels import webpush
from mfa.client import client_of
from mfa.factors import push as phones
from mfa.factors.push import Answered
from mfa.forms.push import AnswerForm, PairForm, PhoneCodeForm, RenewForm
from mfa.login.pending import PendingLogin
from mfa.login.redirects import account_page
from mfa.models import AuditEvent, Event, PushDevice, PushRequest, SitePolicy
from mfa.rules.codes import browser_of
from mfa.rules.push import Decision, RequestState
from mfa.sessions import phones as cookies
from mfa.sessions.proofs import text_of
from mfa.views.push import KEY

BAD_REQUEST = 400
ICONS = (192, 512)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest, code: str) -> HttpResponse:
    """Make this browser a phone that approves. Only the phone's script can finish it."""
    device = phones.find(phones.tidy(code)) if webpush.is_on() else None
    if device is None or _is_other_person(request, device):
        raise Http404
    known = phones.known_by(cookies.tokens_of(request))
    context: dict[str, object] = {
        "device": device,
        "person": device.user.login_name,
        "code": phones.tidy(code),
        "server_key": webpush.public_key(),
        "virtual": webpush.VIRTUAL if settings.DEMO else "",
        "same_browser": _asked_here(request, device.asked_by),
        "done": device in known,
        # Another one would take the place of someone's phone, whose requests no one sees then.
        "full": len(known) >= cookies.MOST,
    }
    closed = context["same_browser"] or context["full"] or device.paired_at
    if request.method == "POST" and not closed:
        return _pair(request, device, known, context)
    return _remembered(request, known, render(request, "mfa/pair.html", context))


def _pair(
    request: HttpRequest,
    device: PushDevice,
    known: Sequence[PushDevice],
    context: dict[str, object],
) -> HttpResponse:
    form = PairForm(request.POST)
    token = ""
    if form.is_valid():
        try:
            token = phones.pair(
                device,
                str(context["code"]),
                form.sent,
                public_key=form.cleaned_data["public_key"],
                signature=form.cleaned_data["signature"],
                client=client_of(request),
            )
        except ValueError:
            context["failed"] = True
            return render(request, "mfa/pair.html", context, status=BAD_REQUEST)
    response = redirect("mfa:pair", context["code"])
    if token:
        cookies.remember(request, response, _hashes(known), new=token)
    return response


def _is_other_person(request: HttpRequest, device: PushDevice) -> bool:
    """Whether someone else is logged in here: they would approve this person's logins."""
    return request.user.is_authenticated and request.user.pk != device.user_id


def _asked_here(request: HttpRequest, asked_by: str) -> bool:
    """Whether this very session logs in, confirms or adds a phone. It can do several at once."""
    pending = PendingLogin.load(request.session)
    nonces = (pending.nonce if pending else "", text_of(request.session, KEY))
    return asked_by in {browser_of(nonce) for nonce in nonces if nonce}


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approvals(request: HttpRequest) -> HttpResponse:
    """Show the web app: the open request, or that there is none, or the field for a code."""
    known = phones.known_by(cookies.tokens_of(request))
    now = timezone.now()
    for device in known:
        if waiting := phones.open_for(device, now):
            return _remembered(request, known, redirect("mfa:approve", waiting.pk))
    form = PhoneCodeForm(request.POST or None)
    if form.is_valid():
        if phones.find(form.cleaned_data["code"]):
            return redirect("mfa:pair", form.cleaned_data["code"])
        form.add_error("code", gettext("No phone is being added with this code. Check it."))
    added = phones.in_use(known)
    context = {
        "form": form,
        "phones": [(device, phones.endpoint_of(device)) for device in added],
        "server_key": webpush.public_key() if webpush.is_on() else "",
        "virtual": webpush.VIRTUAL if settings.DEMO else "",
    }
    return _remembered(request, known, render(request, "mfa/approvals.html", context))


@login_not_required
@require_POST
def renew_phone(request: HttpRequest) -> HttpResponse:
    """Store where a known phone gets its messages now, or that it gets none (push1, push4)."""
    form = RenewForm(request.POST)
    if not form.is_valid() or not webpush.is_on():
        return HttpResponse(status=BAD_REQUEST)
    device = _known(request, form.cleaned_data["phone"])
    if device is None or not device.factor_id:
        raise Http404
    renewed = phones.renew(device, form.sent, form.cleaned_data["signature"])
    return HttpResponse(status=204 if renewed else BAD_REQUEST)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show who logs in where and when, and take the phone's answer."""
    asked = PushRequest.objects.select_related("user", "device").filter(pk=request_id).first()
    known = phones.known_by(cookies.tokens_of(request))
    device = next((each for each in known if asked and phones.may_answer(each, asked)), None)
    if asked is None or device is None:
        raise Http404
    answered = None
    form = AnswerForm(request.POST or None, initial={"phone": device.pk})
    # The browser that logs in never approves itself (push8).
    if form.is_valid() and not _asked_here(request, asked.asked_by):
        answered = phones.answer(
            asked,
            device,
            decision=Decision(form.cleaned_data["decision"]),
            number=form.cleaned_data["number"],
            signature=form.cleaned_data["signature"],
            client=client_of(request),
        )
        asked.refresh_from_db()
    return _remembered(request, known, _shown(request, asked, device, form, answered))


def _shown(
    request: HttpRequest,
    asked: PushRequest,
    device: PushDevice,
    form: AnswerForm,
    answered: Answered | None,
) -> HttpResponse:
    state = asked.state_at(timezone.now())
    context = {
        "form": form,
        "asked": asked,
        "device": device,
        "person": asked.user.login_name,
        "waits": state is RequestState.OPEN,
        "state": state,
        "mine": asked.device_id == device.pk,
        "unsigned": answered is Answered.UNSIGNED,
        "report": _report(asked) if state is RequestState.DENIED and asked.to_id is None else "",
    }
    page = render(request, "mfa/approve.html", context)
    if answered is Answered.UNSIGNED:
        page.status_code = BAD_REQUEST
    return page


def _report(asked: PushRequest) -> str:
    """Return the address of the page for “This wasn't me”."""
    events = AuditEvent.objects.filter(
        user_id=asked.user_id, event=Event.PUSH_DENIED, at__gte=asked.created_at
    )
    event = events.order_by("at").values_list("pk", flat=True).first()
    return reverse(account_page("not_me"), args=[event]) if event else ""


def _known(request: HttpRequest, pk: int) -> PushDevice | None:
    known = phones.known_by(cookies.tokens_of(request))
    return next((device for device in known if device.pk == pk), None)


def _remembered(
    request: HttpRequest, known: Sequence[PushDevice], response: HttpResponse
) -> HttpResponse:
    cookies.remember(request, response, _hashes(known))
    return response


def _hashes(known: Sequence[PushDevice]) -> set[str]:
    return {device.token_hash for device in known}


@login_not_required
@cache_control(no_cache=True)
@require_safe
def approve_worker(_request: HttpRequest) -> HttpResponse:
    """Serve the service worker, which may open the pages of the web app."""
    script = render_to_string("mfa/approve_worker.js")
    headers = {"Service-Worker-Allowed": reverse("mfa:approvals")}
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)


@login_not_required
@cache_control(no_cache=True)
@require_safe
def approve_manifest(_request: HttpRequest) -> JsonResponse:
    """Describe the web app, so that phones can install it."""
    brand = SitePolicy.brand()
    icons = [
        {
            "src": staticfiles_storage.url(f"portal/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any",
        }
        for size in ICONS
    ]
    return JsonResponse(
        {
            "id": reverse("mfa:approvals"),
            "name": brand.name,
            "short_name": brand.name,
            "start_url": reverse("mfa:approvals"),
            "scope": reverse("mfa:approvals"),
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": brand.accent,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )
