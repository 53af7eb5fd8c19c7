"""The impact of a changed policy, counted by SQL, is what the login decides person by person."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as conf
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.cohorts import cohorts
from accounts.models import Organization, OrganizationPolicy, User
from mfa import audit
from mfa.login import changed_policies, decisions, impact
from mfa.login.facts import gather
from mfa.login.pending import PendingLogin
from mfa.models import Factor, Session, SitePolicy
from mfa.models.channel_health import mail_config
from mfa.rules.outcomes import NextLogin, outcome_of
from mfa.rules.routes import Purpose
from tests import every_state
from tests.conftest import NOON
from tests.organizations import settings
from tests.phones import KEY

pytestmark = pytest.mark.usefixtures("clock")
PEOPLE = 500
# Enough for every state; the full test has more combinations.
FEW = 150

SITE: dict[str, dict[str, object]] = {
    "optional": {"enforcement": "optional"},
    "off": {"enforcement": "off"},
    "one skip": {"enforcement": "optional", "most_skips": 1},
    "two skips": {"enforcement": "optional", "most_skips": 2},
    "no skips": {"enforcement": "optional", "most_skips": 0},
    "skips over": {"enforcement": "optional", "skips_until": NOON - timedelta(days=1)},
    "skips until": {"enforcement": "optional", "skips_until": NOON + timedelta(days=1)},
    "skips forgotten": {"enforcement": "optional", "skips_from": NOON - timedelta(days=3)},
    "deadline over": {"enforcement": "optional", "deadline": NOON - timedelta(days=1)},
    "app": {"methods": ["app"]},
    "phone": {"methods": ["phone"]},
    "Great Britain": {"text_countries": ["GB"]},
    "parts of shared codes": {"text_countries": ["US", "KZ"]},
    "all of North America": {"text_countries": ["US", "CA", "IT"]},
    "again": {"enroll_again_from": NOON - timedelta(days=8)},
    "no email": {"email_codes": "off"},
    "recovery by email": {"email_codes": "recovery"},
    "new devices": {"enforcement": "optional", "new_device_email": True},
    "disabled": {"enabled": False},
    "disabled for staff too": {"enabled": False, "staff_released_at": NOON},
    "pilots": {"pilot": True},
    "no floor": {"may_relax_to": ""},
    "backup": {"backup": True},
    "refuses weaker methods": {"weaker_ways": "refuse"},
    "refuses weaker methods and wants a backup": {"weaker_ways": "refuse", "backup": True},
    "only passkeys": {"passkeys_from": NOON},
    "only passkeys, with skips": {"enforcement": "optional", "passkeys_from": NOON},
    "only passkeys, and again": {
        "passkeys_from": NOON,
        "enroll_again_from": NOON - timedelta(days=8),
    },
    "only passkeys, which are not allowed": {"passkeys_from": NOON, "methods": ["phone"]},
    "passkeys later": {"passkeys_from": NOON + timedelta(days=1)},
    "only passkeys for staff": {"staff_passkeys_from": NOON},
}


OWN: dict[str, tuple[int, str, dict[str, object]]] = {
    "employees off": (0, "own", {"enforcement": "off"}),
    "employees by phone": (0, "own", {"methods": ["phone"]}),
    "clients required": (0, "for_clients", {"enforcement": "required"}),
    "clients without limit": (0, "for_clients", {"most_skips": None}),
    "clients again": (0, "for_clients", {"enroll_again_from": NOON}),
    "client off": (1, "own", {"enforcement": "off"}),
    "clinic required": (3, "own", {"enforcement": "required", "skips_from": NOON}),
    "one of two equal shops": (4, "own", {"enforcement": "required", "methods": ["app"]}),
    "silent": (7, "own", {"enforcement": "optional"}),
    "clients by passkey": (0, "for_clients", {"passkeys_from": NOON, "methods": []}),
    "office with any method": (9, "own", {"weaker_ways": ""}),
    "vault for all": (11, "own", {"passkeys_from": None, "backup": False}),
}


@pytest.fixture
def companies(request: pytest.FixtureRequest, policy: SitePolicy) -> list[Organization]:
    """The organizations, with everyone in them."""
    number = PEOPLE if request.node.get_closest_marker("full") else FEW
    settings(policy, may_relax_to="off")
    settings(policy.health, mail_test_config=mail_config(), mail_tested_at=timezone.now())
    made = every_state.organizations(NOON)
    every_state.people(number, 8, made, NOON)
    return made


def outcomes() -> dict[int, NextLogin]:
    """What the login would decide now, of everyone who can log in."""
    held = defaultdict(list)
    for factor in Factor.objects.usable().order_by("-confirmed_at"):
        held[factor.user_id].append(factor)
    found = {}
    for user in User.objects.all():
        if user.may_log_in:
            facts = gather(
                user,
                policy=user.mfa_policy,
                factors=held[user.pk],
                pending=PendingLogin.begin(user, Purpose.LOGIN, NOON),
                client=audit.NOWHERE,
                now=NOON,
            )
            found[user.pk] = outcome_of(facts)
    return found


def expected(
    before: dict[int, NextLogin], after: dict[int, NextLogin]
) -> dict[NextLogin, list[int]]:
    """The numbers of people, without number and logged in, by the outcome that is new to them."""
    phones = Factor.objects.not_revoked().filter(kind="phone").values_list("user_id", flat=True)
    active = Session.objects.logged_in(NOON).values_list("user_id", flat=True)
    numbered, logged_in = set(phones), set(active)
    found = {}
    for pk, will in after.items():
        if before[pk] is not will:
            figures = found.setdefault(will, [0, 0, 0])
            figures[0] += 1
            figures[1] += pk not in numbered
            figures[2] += pk in logged_in
    return found


def differences(
    counted: impact.Impact, before: dict[int, NextLogin], save: Callable[[], None]
) -> list[object]:
    """Save a change and undo it. Return what the counts said otherwise than the logins."""
    figures = counted.count()
    said = {each: [n.people, n.without_number, n.logged_in] for each, n in figures.items()}
    listed = {person.pk: NextLogin(person.will) for person in counted.people()}
    with transaction.atomic():
        save()
        after = outcomes()
        transaction.set_rollback(True)
    new = {pk: will for pk, will in after.items() if before[pk] is not will}
    wanted = expected(before, after)
    return [] if (said, listed) == (wanted, new) else [said, wanted]


def site_with(**values: object) -> SitePolicy:
    changed = SitePolicy.load()
    if values.pop("pilot", False):
        changed.pilot_group = Group.objects.get(name="Pilots")
    for name, value in values.items():
        setattr(changed, name, value)
    return changed


def level_with(company: Organization, level: str, **values: object) -> OrganizationPolicy:
    changed = getattr(Organization.objects.get(pk=company.pk), level)
    for name, value in values.items():
        setattr(changed, name, value)
    return changed


def site_impact(changed: SitePolicy) -> impact.Impact:
    return impact.of(SitePolicy.load(), changed, NOON)


def level_impact(changed: OrganizationPolicy) -> impact.Impact:
    site = SitePolicy.load()
    return impact.of(site, site, NOON, cohorts({changed.pk: changed}))


def test_impact_is_what_the_login_decides_person_by_person(
    companies: list[Organization],
) -> None:
    before = outcomes()
    assert set(before.values()) == set(NextLogin)
    site = site_with(enforcement="optional", most_skips=2, text_countries=["US", "GB"])
    assert differences(site_impact(site), before, site.save) == []
    pilots = site_with(pilot=True, enforcement="optional", skips_until=NOON + timedelta(days=1))
    assert differences(site_impact(pilots), before, pilots.save) == []
    level = level_with(companies[0], "for_clients", enforcement="off", enroll_again_from=NOON)
    assert differences(level_impact(level), before, level.save) == []


def test_impact_of_turning_mfa_on_for_everyone(
    policy: SitePolicy, companies: list[Organization]
) -> None:
    settings(policy, enabled=False, staff_released_at=NOON)
    changed = site_with(enabled=True, staff_released_at=None)
    assert differences(site_impact(changed), outcomes(), changed.save) == []


def test_impact_of_many_rules_asks_for_each_fact_once_in_several_queries(
    companies: list[Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_with(enforcement="optional", most_skips=2, methods=["app"])
    whole = site_impact(site)
    (asked,) = whole._decisions
    facts = [str(User.objects.values(fact=column).query) for column in asked.columns.values()]
    assert len(set(facts)) == len(facts)
    monkeypatch.setattr(decisions, "MOST_COLUMNS", 10)
    monkeypatch.setattr(changed_policies, "MOST_COHORTS", 2)
    parts = site_impact(site)
    assert len(parts.changes) > len(whole.changes)
    assert parts.count() == whole.count()
    listed = [[(each.pk, each.will) for each in impact.people()] for impact in (whole, parts)]
    assert listed[0] == listed[1] != []


def test_impact_where_phones_approve(
    companies: list[Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a key for push, and without one."""
    methods = site_with(methods=["push", "recovery_codes"])
    for key in (KEY, ""):
        monkeypatch.setattr(conf, "VAPID_PRIVATE_KEY", key)
        assert differences(site_impact(methods), outcomes(), methods.save) == []


def test_impact_without_email(
    companies: list[Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conf, "MFA_CHANNELS", {"sms": conf.MFA_CHANNELS["sms"]})
    site = site_with(methods=["app"])
    assert differences(site_impact(site), outcomes(), site.save) == []


@pytest.mark.full
def test_impact_of_each_field_is_what_the_login_decides(companies: list[Organization]) -> None:
    before, wrong = outcomes(), {}
    for name, values in SITE.items():
        changed = site_with(**values)
        wrong[name] = differences(site_impact(changed), before, changed.save)
    for name, (index, level, values) in OWN.items():
        own = level_with(companies[index], level, **values)
        wrong[name] = differences(level_impact(own), before, own.save)
    assert {name: found for name, found in wrong.items() if found} == {}
