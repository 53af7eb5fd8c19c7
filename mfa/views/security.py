"""The Security page: factors and sessions, and how to end them."""

from operator import attrgetter

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import factors, login
from mfa.client import client_of, moment_of
from mfa.factors import Kind
from mfa.login import WayBack
from mfa.login.guards import SignedIn, fresh
from mfa.models import AbstractMfaUser, Factor
from mfa.rules.methods import RESISTANT, WAYS, Method
from mfa.session_engine import hash_of
from mfa.sessions import devices, revoke, trust
from mfa.sessions.proofs import keep_alive
from mfa.views.nudge import lost_context
from mfa.views.pages import show
from mfa.views.recover import lost_phone

HERE = "mfa:security"


@never_cache
@require_safe
def security(request: SignedIn) -> HttpResponse:
    """List factors and sessions (SS-07)."""
    held = factors.held_by(request.user)
    phones, emails = (_alike(held, kind) for kind in (Factor.Kind.PHONE, Factor.Kind.EMAIL))
    # People can have several of these. The list leads on to phones and recovery codes.
    kinds = {Method(factor.kind) for factor in held}
    listed = kinds - {method for method, kind in factors.KINDS.items() if kind.several}
    policy = request.user.mfa_policy
    methods = policy.offered - listed
    if emails and not factors.has_strong(request.user):
        # An email is too weak to make stronger codes (LK-01).
        methods -= {Method.RECOVERY_CODES}
    context = {
        "held": held,
        "main": next(iter(phones), None),
        "firsts": [alike[0] for alike in (phones, emails) if len(alike) > 1],
        "others": [*phones[1:], *emails[1:]],
        "restored": any(factor.restored_at for factor in held),
        "addable": [
            kind for method in WAYS if method in methods and (kind := factors.KINDS[method]).is_on()
        ],
        "recommended": [method for method in RESISTANT if method not in kinds],
        "signals": _signals(request.user),
        "factors": factors.shown_of(request.user),
        "by_passkey": policy.refuses_weaker(kinds),
        "passkeys_from": policy.passkeys_due if kinds.isdisjoint(RESISTANT) else None,
        "only": factors.only_of(request.user),
        **lost_context(request.user, held, moment_of(request)),
        "sessions": revoke.sessions_of(request.user),
        "acting": hash_of(request.session.session_key or ""),
        "trusted": trust.live_of(request.user, moment_of(request)),
        "lost": lost_phone(request.user, moment_of(request)),
        "done": request.GET.get("done", ""),
        "added_words": factors.noticed(request.GET.get("done", "")),
    }
    return show(request, "mfa/security.html", context, user=request.user)


def _signals(user: AbstractMfaUser) -> list[tuple[Kind, str]]:
    """Return what the scripts of kinds tell browsers."""
    told = [(kind, kind.signals(user)) for kind in factors.KINDS.values() if kind.signals]
    return [(kind, words) for kind, words in told if words]


def _alike(held: list[Factor], kind: Factor.Kind) -> list[Factor]:
    """Return the factors of a kind. The first one gets the codes."""
    alike = [factor for factor in held if factor.kind == kind]
    return sorted(alike, key=attrgetter("preferred"), reverse=True)


@never_cache
@require_POST
@fresh(back=HERE)
def end_session(request: SignedIn) -> HttpResponse:
    """End one of the person's sessions."""
    revoke.end_one(request.user, request.POST.get("session", ""), client=client_of(request))
    return _done("ended")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def end_other_sessions(request: SignedIn) -> HttpResponse:
    """Say what ends, then log the person out everywhere else."""
    if request.method != "POST":
        acting = hash_of(request.session.session_key or "")
        context = {"others": revoke.sessions_of(request.user).exclude(key_hash=acting)}
        return show(request, "mfa/end_other_sessions.html", context, user=request.user)
    revoke.end_others(request.user, request.session, client=client_of(request))
    response = _done("others")
    devices.remember(request, response, request.user)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(either=True)
def suspend_factor(request: SignedIn, pk: int) -> HttpResponse:
    """Turn off a lost factor right away, after the password or any factor (RV-07)."""
    factor = _factor(request, pk)
    way = login.way_back(request, request.user, without=factor)
    if request.method == "POST":
        return _suspend(request, factor, way)
    context = {"factor": factor, "way": way}
    return show(request, "mfa/suspend_factor.html", context, user=request.user)


def _suspend(request: SignedIn, factor: Factor, way: WayBack) -> HttpResponse:
    """End all other sessions, and the acting one too if it would be the last access."""
    if not factors.suspend(request.user, factor, client=client_of(request)):
        # Another session changed the person first, which ended this session.
        return redirect(settings.LOGIN_URL)
    revoke.end_others(request.user, request.session, client=client_of(request))
    if way is not WayBack.FACTOR:
        logout(request)
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?notice=lost-{way}")
    keep_alive(request, request.user)
    response = _done("suspended")
    devices.remember(request, response, request.user)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
def remove_factor(request: SignedIn, pk: int) -> HttpResponse:
    """Remove a factor, but never the only one."""
    factor = _factor(request, pk)
    if request.method == "POST":
        if not factors.remove(request.user, factor, client=client_of(request)):
            raise PermissionDenied
        keep_alive(request, request.user)
        return _done("removed")
    context = {"factor": factor, "only": factors.only_of(request.user)}
    return show(request, "mfa/remove_factor.html", context, user=request.user)


def _factor(request: SignedIn, pk: int) -> Factor:
    return get_object_or_404(Factor.objects.usable(), user_id=request.user.pk, pk=pk)


def _done(what: str) -> HttpResponse:
    return redirect(f"{reverse(HERE)}?done={what}")
