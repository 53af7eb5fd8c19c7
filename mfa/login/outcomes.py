"""What the next login asks of people under one policy, as conditions for the database.

It says the same as `mfa.rules.outcomes` says of the facts of one person. A test compares them for
people in every state. All conditions about factors are aggregates, so the database reads each
factor once for all of them.
"""

from datetime import datetime
from functools import reduce
from itertools import combinations
from operator import or_

from django.db.models import F, Min, Q
from django.db.models.functions import Left

from mfa import channels
from mfa.challenges import MOST_WRONG_ANSWERS
from mfa.channels import webpush
from mfa.models import Factor, Status
from mfa.models.cohorts import has_any
from mfa.models.factors import USABLE
from mfa.models.people import FORGOTTEN_AFTER, RESTS_AFTER_CHANGE, RIPE_LASTS, with_powers
from mfa.rules.methods import (
    FIRST,
    RESISTANT,
    SECRET,
    STRONG_FIRST,
    WAYS,
    ChannelName,
    Method,
    only_email,
)
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
    set_up, ways = _set_up(policy), _Ways(policy, now)
    return [
        *ways.outcomes(_due(policy), set_up),
        (bound & _recovers(policy, now), set_up),
        (bound, NextLogin.BLOCKED),
        *_skipping(policy, now),
    ]


def _set_up(policy: Policy) -> NextLogin:
    return NextLogin.SET_UP_PASSKEY if policy.only_passkeys else NextLogin.SET_UP


def _skipping(policy: Policy, now: datetime) -> list[Outcome]:
    """Return what becomes of a person who never had a factor, and skipped the setup or not."""
    if policy.enforcement_after(0, now) is Enforcement.REQUIRED:
        return [(Q(), _set_up(policy))]
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


class _Ways:
    """What people can be asked for, as `routes.usable` lists it: each is a condition."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        """Passkeys, recovery codes, phones and apps, and the two kinds of email."""
        self._policy = policy
        self._passkeys = reduce(or_, map(self._of, RESISTANT))
        self._codes = self._of(Method.RECOVERY_CODES)
        self._app_or_phone = self._of(Method.APP) | self._phones()
        if webpush.is_on():
            self._app_or_phone |= self._of(Method.PUSH)
        self._own_email = self._enrolled = NOBODY
        if policy.email_codes is EmailCodes.LOGIN:
            kinds = sorted(policy.methods & set(STRONG_FIRST))
            proven = _held(_ACTIVE & Q(factors__kind__in=kinds))
            self._own_email = proven & _mailbox(policy, now)
        if Method.EMAIL in policy.methods:
            self._enrolled = _enrolled_email(policy, now)

    def outcomes(self, due: Q | None, set_up: NextLogin) -> list[Outcome]:
        """Return what becomes of people who answer. `due`: they then set up a factor."""
        strong = self._passkeys | self._codes | self._app_or_phone
        steady = Q() if due is None else ~due
        found = [
            (steady & strong & self._needs_backup(), NextLogin.BACK_UP),
            (steady & self._passkeys & self._nothing_weaker(), NextLogin.PASSKEY),
            (steady & (strong | self._own_email | self._enrolled), NextLogin.CODE),
        ]
        if due is None:
            return found
        # Beside other factors, an enrolled email does not open the setup of a new one (EM-07).
        alone = Q() if only_email(self._policy.methods) else Q(only_email_since__isnull=False)
        opens = strong | self._own_email | (self._enrolled & alone)
        return [(due & opens, set_up), *found]

    def _of(self, method: Method) -> Q:
        if method not in self._policy.methods:
            return NOBODY
        readable = ~Q(factors__secret="") if method in SECRET else Q()
        return _held(Q(factors__kind=method) & readable)

    def _phones(self) -> Q:
        if Method.PHONE not in self._policy.methods or not channels.available(ChannelName.SMS):
            return NOBODY
        return _held(Q(factors__kind=Method.PHONE) & _in_reach(self._policy))

    @property
    def _refuses(self) -> bool:
        """Whether a passkey closes the weaker ways."""
        return self._policy.refuses_weaker(RESISTANT)

    def _nothing_weaker(self) -> Q:
        if self._refuses:
            return Q()
        return ~(self._app_or_phone | self._own_email | self._enrolled)

    def _needs_backup(self) -> Q:
        """Whether the policy requires a backup, and `factors.are_backed_up` is false."""
        policy = self._policy
        if not policy.backup or Method.RECOVERY_CODES not in policy.methods:
            return NOBODY
        kinds: dict[Method, Q] = {
            kind: _held(Q(factors__kind=kind)) for kind in WAYS if kind is not Method.EMAIL
        }
        strong = reduce(or_, (kinds.pop(kind) for kind in RESISTANT))
        beside = kinds[Method.RECOVERY_CODES] if self._refuses else reduce(or_, kinds.values())
        two = reduce(or_, (one & other for one, other in combinations(kinds.values(), 2)))
        return ~((strong & beside) | (~strong & two))


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


def _due(policy: Policy) -> Q | None:
    """Whether people set up a factor after they answered: a passkey, or a newer one (K9)."""
    found: list[Q] = []
    if policy.only_passkeys:
        found.append(~_held(Q(factors__kind__in=RESISTANT)))
    if policy.enroll_again_from is not None:
        newer = Q(factors__confirmed_at__gt=policy.enroll_again_from)
        found.append(_held(_FIRST) & ~_held(_FIRST & newer))
    return reduce(or_, found) if found else None


def _recovers(policy: Policy, now: datetime) -> Q:
    """Whether an emailed code allows to set up MFA, as `routes_for` says."""
    ripe = Q(recovery_ready_at__lte=now, recovery_ready_at__gt=now - RIPE_LASTS) & ~with_powers()
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
