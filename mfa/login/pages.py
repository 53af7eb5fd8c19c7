"""The page of a flow's step, and the address where an ended flow starts again."""

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import urlencode

from mfa import factors
from mfa.login.flow import Flow
from mfa.login.redirects import account_page
from mfa.rules.methods import Method
from mfa.rules.routes import Purpose
from mfa.rules.steps import Proof, Step

PAGES = {
    Step.START_OVER: settings.LOGIN_URL,
    Step.ENTER: "mfa:continue",
    Step.FINISH: "mfa:enroll_done",
    Step.BACK_UP: "mfa:enroll_done",
    Step.WAIT: "mfa:help",
    Step.BLOCKED: "mfa:help",
    Step.PROVE_MAILBOX: "mfa:mailbox",
    Step.ANSWER: "mfa:verify",
    Step.CHOOSE: "mfa:choose",
}


def page_of(flow: Flow) -> str:
    """Return the URL name of the step's page."""
    if flow.step in {Step.ENROLL, Step.OFFER}:
        return _first_page(flow.user.mfa_policy.offered)
    if flow.step is Step.ANSWER and (route := flow.facts.route):
        return factors.kind_of(route).page
    return PAGES[flow.step]


def _first_page(methods: frozenset[Method]) -> str:
    """Return the URL name of the page that sets up the first factor that the policy allows."""
    kinds = (kind for method, kind in factors.KINDS.items() if method in methods)
    pages = (kind.enroll for kind in kinds if kind.is_on())
    return next(filter(None, pages), "mfa:enroll")


def start_of(flow: Flow) -> str:
    """Return the address where an ended flow starts again."""
    if flow.purpose is Purpose.STEP_UP:
        return step_up_url(flow.pending.next, binding=flow.pending.binding)
    if flow.purpose is Purpose.RESET:
        return f"{reverse(account_page('forgot'))}?notice=ended"
    notice = "ended"
    if flow.pending.proof == Proof.ENROLLED:
        notice = factors.kind_by(flow.pending.channel).notice
    words = {"notice": notice, "next": flow.pending.next}
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode(words)}"


def step_up_url(next_url: str, *, binding: bool, either: bool = False, **words: str) -> str:
    """Return the address of the step-up page, which leads to `next_url` afterwards."""
    kind = {"binding": "1"} if binding else {"either": "1"} if either else {}
    return f"{reverse(account_page('step_up'))}?{urlencode({'next': next_url, **kind, **words})}"
