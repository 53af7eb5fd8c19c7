"""Rendering of this app's pages, with status 429 for a refusal."""

from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control

from mfa.factors import KINDS, address
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.models import AbstractMfaUser, Challenge, Factor
from mfa.rules.methods import ChannelName
from mfa.views.question import question_of, start_words

# For pages with a secret: the length of a compressed page can reveal it (BREACH), so neither the
# portal nor a proxy may compress it.
uncompressed = cache_control(no_transform=True)


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    user: AbstractMfaUser,
    refusal: TooMany | None = None,
) -> HttpResponse:
    """Render a page. A refusal is shown on it (M11), with the time to try again."""
    common = {
        "passkeys_from": user.mfa_policy.passkeys_due,
        "only_passkeys": user.mfa_policy.only_passkeys,
        "contact": user.mfa_policy.contact,
        "no_email": user.mfa_policy.no_email,
        "refused_until": refusal and refusal.until,
    }
    return refused(render(request, template, {**common, **context}), refusal)


def refused(response: HttpResponse, refusal: TooMany | None) -> HttpResponse:
    """Set status and Retry-After (RFC 6585) for a refusal. Other responses stay unchanged."""
    if refusal:
        response.status_code = 429
        left = (refusal.until - timezone.now()).total_seconds()
        response["Retry-After"] = str(max(1, round(left)))
    return response


def show_locked(
    request: HttpRequest, context: Mapping[str, object], *, until: datetime, contact: str
) -> HttpResponse:
    """Render the page of a lockout after codes or passwords: when it ends, and what still works.

    It looks the same whether or not an account has the email (LG-03).
    """
    common = {"until": until, "contact": contact}
    page = render(request, "mfa/locked.html", {**common, **context})
    return refused(page, TooMany(until))


def out_of_order(flow: Flow) -> dict[str, object]:
    """Return the person's methods that are down, for pages that offer the others."""
    kinds = {factor.kind for factor in flow.factors if not factor.readable}
    if any(factor.kind == Factor.Kind.PHONE for factor in flow.factors):
        texts_rest = ChannelName.SMS in flow.user.mfa_policy.resting
        kinds |= {Factor.Kind.PHONE} if texts_rest else set()
    broken = (kind.words for method, kind in KINDS.items() if method in kinds)
    return {"out_of_order": [words.out_of_order for words in broken]}


def code_context(challenge: Challenge | None) -> dict[str, object]:
    """Return the context of every code page."""
    question = question_of(challenge)
    return {
        "question": question,
        "failed_reason": question.failed_reason if question else "",
        "start_words": start_words() if question and question.opted_out else "",
    }


def place_context(request: HttpRequest) -> dict[str, object]:
    """Return which site the keys of browsers belong to, and where they work if not here."""
    origin = address.origin()
    here = request.META.get("HTTP_HOST") or request.META["SERVER_NAME"]
    elsewhere = "" if origin.endswith(f"//{here}") else f"{origin}{request.path}"
    return {"site": address.site(), "elsewhere": elsewhere}
