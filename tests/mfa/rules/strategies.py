"""hypothesis strategies for layers, policies and facts."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from mfa.rules.fold import Branch, EmptyPolicyError, resolve
from mfa.rules.methods import ChannelName, Method
from mfa.rules.policy import (
    AfterEnrollment,
    EmailCodes,
    Enforcement,
    Layer,
    NumberChange,
    WeakerWays,
)
from mfa.rules.routes import Route
from mfa.rules.steps import Facts, Proof


def wish(values):
    return st.none() | values


regions = st.frozensets(st.sampled_from(["GB", "GG", "US", "JM"]))
days = st.integers(1, 28).map(lambda day: datetime(2026, 11, day, tzinfo=UTC))
layers = st.builds(
    Layer,
    name=st.sampled_from(["partner", "organization", "person"]),
    enforcement=wish(st.sampled_from(Enforcement)),
    most_skips=wish(st.integers(0, 3)),
    skips_until=wish(days),
    skips_from=wish(days),
    deadline=wish(days),
    enroll_again_from=wish(days),
    new_device_email=wish(st.booleans()),
    may_close=wish(st.booleans()),
    methods=wish(st.frozensets(st.sampled_from(Method))),
    email_codes=wish(st.sampled_from(EmailCodes)),
    weaker_ways=wish(st.sampled_from(WeakerWays)),
    passkeys_from=wish(days),
    backup=wish(st.booleans()),
    code_life=wish(st.integers(1, 15).map(lambda minutes: timedelta(minutes=minutes))),
    trust_browser_for=wish(st.integers(0, 40).map(lambda days: timedelta(days=days))),
    trusts_from=wish(days),
    recovery_wait=wish(st.integers(1, 200).map(lambda hours: timedelta(hours=hours))),
    allow_voip=wish(st.booleans()),
    enroll_regions=wish(regions),
    text_regions=wish(regions),
    after_enrollment=wish(st.sampled_from(AfterEnrollment)),
    number_change=wish(st.sampled_from(NumberChange)),
    home_region=wish(st.sampled_from(["", "GB", "US"])),
    contact=wish(st.sampled_from(["", "the help desk", "your teacher"])),
)
memberships = st.lists(layers, max_size=2).map(lambda levels: Branch(tuple(levels)))


def fold(site, below=(), **known):
    """Resolve, and return the partial policy if nothing is left."""
    try:
        return resolve(site, below, **known)
    except EmptyPolicyError as error:
        return error.policy


policies = st.builds(fold, layers, st.lists(layers, max_size=2), in_force=st.booleans())

TEXTS = (Route(ChannelName.SMS, 7), Route(ChannelName.SMS, 8))
MAILBOX = Route(ChannelName.EMAIL)
ROUTES = (*TEXTS, MAILBOX)


def facts(**known):
    """Draw facts; each of `known` is a strategy that narrows one of them."""
    free = {
        "alive": st.booleans(),
        "demanded": st.booleans(),
        "binding": st.booleans(),
        "rescued": st.sampled_from([False]),
        "enforcement": st.sampled_from(Enforcement),
        "after_enrollment": st.sampled_from(AfterEnrollment),
        "proof": st.sampled_from(Proof),
        "trusted": st.booleans(),
        "locked": st.booleans(),
        "routes": st.lists(st.sampled_from(ROUTES), unique=True).map(tuple),
        "chosen": wish(st.sampled_from(ROUTES)),
        "choosing": st.booleans(),
        "ever_bound": st.booleans(),
        "lost": st.booleans(),
        "mailbox_proven": st.booleans(),
        "mailbox_due": st.booleans(),
        "recovery_allowed": st.booleans(),
        "was_reset": st.booleans(),
        "skipped": st.booleans(),
        "backed_up": st.booleans(),
        "outdated": st.booleans(),
        "only_passkeys": st.booleans(),
        "device_due": st.booleans(),
        "by_email": st.booleans(),
    }
    return st.builds(Facts, **free | known)
