"""How the pages of this app are rendered: with a refusal, if there is one, as status 429."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.counters import TooMany
from mfa.models import Challenge, Factor, Protected
from mfa.rules.routes import ChannelName
from mfa.views.question import question_of, start_words
from mfa.walk import Walk

OUT_OF_ORDER = {
    Factor.Kind.PHONE: _("Texts are out of order at the moment."),
    Factor.Kind.APP: _("Codes from authenticator apps are out of order at the moment."),
    Factor.Kind.RECOVERY_CODES: _("Recovery codes are out of order at the moment."),
}


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    user: Protected,
    refusal: TooMany | None = None,
) -> HttpResponse:
    """Render a page; a refusal stands on it (M11) and says when to come back."""
    common = {
        "contact": user.mfa_policy.contact,
        "refused_until": refusal and refusal.until,
    }
    return refused(render(request, template, {**common, **context}), refusal)


def refused(response: HttpResponse, refusal: TooMany | None) -> HttpResponse:
    """Give the response of a refusal its status and Retry-After (RFC 6585); leave others alone."""
    if refusal:
        response.status_code = 429
        left = (refusal.until - timezone.now()).total_seconds()
        response["Retry-After"] = str(max(1, round(left)))
    return response


def out_of_order(walk: Walk) -> dict[str, object]:
    """Return what of the person's ways does not work now, for the pages that offer the others."""
    kinds = {Factor.Kind(factor.kind) for factor in walk.factors if not factor.readable}
    if any(factor.kind == Factor.Kind.PHONE for factor in walk.factors):
        texts_rest = ChannelName.SMS in walk.user.mfa_policy.resting
        kinds |= {Factor.Kind.PHONE} if texts_rest else set()
    return {"out_of_order": [words for kind, words in OUT_OF_ORDER.items() if kind in kinds]}


def code_context(challenge: Challenge | None) -> dict[str, object]:
    """Return what every code page tells about its question."""
    question = question_of(challenge)
    return {
        "question": question,
        "failed_reason": question.failed_reason if question else "",
        "start_words": start_words() if question and question.opted_out else "",
    }
