"""What the next login asks of people under one policy, as conditions for the database.

It says the same as `mfa.rules.outcomes` says of the facts of one person. A test compares them for
people in every state. All conditions about factors are aggregates, so the database reads each
factor once for all of them.
"""

from datetime import datetime

from django.db.models import F, Min, Q
from django.db.models.functions import Left

from mfa import channels
from mfa.challenges import MOST_WRONG_ANSWERS
from mfa.models import Factor, Status
from mfa.models.cohorts import has_any
from mfa.models.factors import USABLE
from mfa.models.people import FORGOTTEN_AFTER, RESTS_AFTER_CHANGE, RIPE_LASTS
from mfa.rules.methods import FIRST, SECRET, STRONG_FIRST, ChannelName, Method, only_email
from mfa.rules.outcomes import NextLogin
from mfa.rules.policy import EmailCodes, Enforcement, Policy
from mfa.rules.regions import EVERYWHERE, REGIONS, region_of

# + and four digits: within a calling code that countries share, this names the country.
TELLING = 5
NOBODY = Q(pk=None)
Outcome = tuple[Q, NextLogin]
_ACTIVE = Q(factors__status=Status.ACTIVE)
_FIRST = Q(factors__kind__in=sorted(FIRST))
_STRONG = Q(factors__kind__in=sorted(STRONG_FIRST))


def outcomes(policy: Policy, now: datetime) -> list[Outcome]:
    """Return conditions with the outcomes of people. The first that holds decides."""
    if not policy.demanded or policy.enforcement is Enforcement.OFF:
        return [(Q(), NextLogin.NOTHING)]
    bound = Q(ever_bound_at__isnull=False)
    answers = _answers(policy, now)
    outdated = _outdated(policy)
    return [
        *([(answers & outdated, NextLogin.SET_UP)] if outdated else []),
        (answers, NextLogin.CODE),
        (bound & _recovers(policy, now), NextLogin.SET_UP),
        (bound, NextLogin.BLOCKED),
        *_skipping(policy, now),
    ]


def _skipping(policy: Policy, now: datetime) -> list[Outcome]:
    """Return what becomes of a person who never had a factor, and skipped the setup or not."""
    over = policy.skips_until is not None and policy.skips_until <= now
    if policy.enforcement is Enforcement.REQUIRED or over or policy.most_skips == 0:
        return [(Q(), NextLogin.SET_UP)]
    counted = Q(skipped_at__isnull=False)
    if policy.skips_from:
        counted &= Q(skipped_at__gt=policy.skips_from)
    if policy.remembers_skip:
        asks_mailbox = policy.new_device_email and policy.mail_tested
        then = NextLogin.CODE if asks_mailbox else NextLogin.NOTHING
        return [(counted, then), (Q(), NextLogin.MAY_SET_UP)]
    if policy.most_skips is None:
        return [(Q(), NextLogin.MAY_SET_UP)]
    # A skip from before they were counted is one.
    used = Q(skips__gte=policy.most_skips) if policy.most_skips > 1 else Q()
    return [(counted & used, NextLogin.SET_UP), (Q(), NextLogin.MAY_SET_UP)]


def _answers(policy: Policy, now: datetime) -> Q:
    """Whether a code can be asked for, as `routes.usable` lists them."""
    others = Q(factors__kind__in=sorted(policy.methods - {Method.PHONE, Method.EMAIL}))
    ways = others & (~Q(factors__kind__in=SECRET) | ~Q(factors__secret=""))
    if Method.PHONE in policy.methods and channels.available(ChannelName.SMS):
        ways |= Q(factors__kind=Method.PHONE) & _in_reach(policy)
    answers = _held(ways)
    if policy.email_codes is EmailCodes.LOGIN:
        kinds = sorted(policy.methods & set(STRONG_FIRST))
        answers |= _held(_ACTIVE & Q(factors__kind__in=kinds)) & _mailbox(policy, now)
    if Method.EMAIL in policy.methods:
        answers |= _enrolled_email(policy, now)
    return answers


def _enrolled_email(policy: Policy, now: datetime) -> Q:
    """Whether an enrolled email can be asked: after a reset by it, not for a while (EM-04)."""
    emails = Q(factors__kind=Method.EMAIL)
    resting = Q(reset_at=None, only_email_since=None, mailbox_rests_until__gt=now)
    waits = NOBODY if only_email(policy.methods) else resting
    elsewhere = _held(emails & ~Q(factors__target=F("email")))
    return _mail_works(now) & ((_held(emails) & ~waits) | elsewhere)


def _in_reach(policy: Policy) -> Q:
    """Whether the policy allows texts to the country of a phone."""
    if policy.text_regions == EVERYWHERE:
        return Q()
    reach = NOBODY
    for code, regions in REGIONS.items():
        allowed = policy.text_regions.intersection(regions)
        if allowed == EVERYWHERE.intersection(regions) != frozenset():
            reach |= Q(factors__target__startswith=f"+{code}")
        elif allowed:
            for beginning in _beginnings(f"+{code}", allowed):
                reach |= Q(factors__target__startswith=beginning)
    return reach


def _beginnings(code: str, allowed: frozenset[str]) -> list[str]:
    """Return how the stored numbers of some countries with a shared code begin."""
    phones = Factor.objects.usable().filter(target__startswith=code)
    found = phones.values(begins=Left("target", TELLING)).annotate(one=Min("target"))
    return [each["begins"] for each in found if region_of(each["one"]) in allowed]


def _outdated(policy: Policy) -> Q:
    """Whether all phones and apps were added before everyone had to set up MFA again (K9)."""
    if policy.enroll_again_from is None:
        return Q()
    newer = Q(factors__confirmed_at__gt=policy.enroll_again_from)
    return _held(_FIRST) & ~_held(_FIRST & newer)


def _recovers(policy: Policy, now: datetime) -> Q:
    """Whether an emailed code allows to set up MFA, as `routes_for` says."""
    ripe = Q(recovery_ready_at__lte=now, recovery_ready_at__gt=now - RIPE_LASTS)
    allowed = Q(reset_at__isnull=False) | ripe
    if policy.email_codes is not EmailCodes.OFF:
        allowed |= _held(_STRONG & _ACTIVE) | ~_held(_STRONG)
    return allowed & _mailbox(policy, now)


def _mailbox(policy: Policy, now: datetime) -> Q:
    """Whether a code to the account's own email may replace a factor now."""
    rests = Q(reset_at=None, mailbox_rests_until__gt=now) | Q(
        email_changed_at__gt=now - RESTS_AFTER_CHANGE
    )
    if only_email(policy.methods):
        rests &= Q(reset_at__isnull=False)
    return _mail_works(now) & ~rests


def _mail_works(now: datetime) -> Q:
    """Whether any code can be emailed to the person."""
    if not channels.available(ChannelName.EMAIL):
        return NOBODY
    return ~Q(wrong_answers__gte=MOST_WRONG_ANSWERS) | Q(wrong_answer_at__lt=now - FORGOTTEN_AFTER)


def _held(which: Q) -> Q:
    """Whether the person has one of these factors, and can log in with it."""
    return has_any("factors", Q(factors__status__in=sorted(USABLE)) & which)
