"""Policy: the defaults, and the effect of one more layer on each field."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from mfa.rules import policy as policies
from mfa.rules.fold import EmptyPolicyError, resolve
from mfa.rules.methods import Method
from mfa.rules.policy import (
    AfterEnrollment,
    EmailCodes,
    Enforcement,
    Layer,
    NumberChange,
    Policy,
    WeakerWays,
    tighten,
)
from mfa.rules.regions import EVERYWHERE

SITE = Layer(name="site")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def minutes(number):
    return timedelta(minutes=number)


def test_defaults_apply_without_settings():
    assert resolve(SITE, in_force=True) == Policy(
        in_force=True,
        enforcement=Enforcement.REQUIRED,
        methods=frozenset(
            {
                Method.PHONE,
                Method.APP,
                Method.PASSKEY,
                Method.PUSH,
                Method.RECOVERY_CODES,
            }
        ),
        email_codes=EmailCodes.LOGIN,
        weaker_ways=WeakerWays.ALLOW,
        code_life=minutes(10),
        allow_voip=False,
        enroll_regions=EVERYWHERE,
        text_regions=EVERYWHERE,
        after_enrollment=AfterEnrollment.LOGIN_AGAIN,
        number_change=NumberChange.AFTER_CODE,
        home_region="",
        contact="",
        decided_by={},
    )


def test_policy_is_not_in_force_by_default():
    assert not Policy().in_force


@pytest.mark.parametrize("in_force", [True, False], ids=["in force", "not in force"])
def test_in_force_overrides_layers(in_force):
    layers = [Layer(name="organization", enforcement=Enforcement.REQUIRED)]
    assert resolve(SITE, layers, in_force=in_force).in_force is in_force


@pytest.mark.parametrize("in_force", [True, False])
@pytest.mark.parametrize("paused", [True, False])
def test_pause_suspends_policy_for_person(in_force, paused):
    policy = resolve(SITE, [], in_force=in_force, paused=paused)
    assert (policy.in_force, policy.paused) == (in_force, paused)
    assert policy.demanded is (in_force and not paused)


def test_policy_is_not_paused_by_default():
    assert resolve(SITE, in_force=True).paused is False


@pytest.mark.parametrize(
    ("field", "wished"),
    [
        ("enforcement", Enforcement.OFF),
        ("enforcement", Enforcement.OPTIONAL),
        ("methods", frozenset({Method.PHONE})),
        ("email_codes", EmailCodes.RECOVERY),
        ("email_codes", EmailCodes.OFF),
        ("weaker_ways", WeakerWays.REFUSE),
        ("code_life", minutes(5)),
        ("allow_voip", True),
        ("after_enrollment", AfterEnrollment.FINISH),
        ("after_enrollment", AfterEnrollment.CONTINUE),
        ("enroll_regions", frozenset({"FR"})),
        ("text_regions", frozenset({"FR", "GB"})),
        ("contact", "the help desk"),
    ],
)
def test_site_can_be_stricter_or_looser_than_default(field, wished):
    policy = resolve(Layer(name="site", **{field: wished}), in_force=True)
    assert (getattr(policy, field), policy.decided_by) == (wished, {field: "site"})


@pytest.mark.parametrize(
    ("above", "wished", "expected"),
    [
        (Enforcement.OFF, None, Enforcement.OFF),
        (Enforcement.OFF, Enforcement.OFF, Enforcement.OFF),
        (Enforcement.OFF, Enforcement.OPTIONAL, Enforcement.OPTIONAL),
        (Enforcement.OFF, Enforcement.REQUIRED, Enforcement.REQUIRED),
        (Enforcement.OPTIONAL, None, Enforcement.OPTIONAL),
        (Enforcement.OPTIONAL, Enforcement.OFF, Enforcement.OPTIONAL),
        (Enforcement.OPTIONAL, Enforcement.OPTIONAL, Enforcement.OPTIONAL),
        (Enforcement.OPTIONAL, Enforcement.REQUIRED, Enforcement.REQUIRED),
        (Enforcement.REQUIRED, None, Enforcement.REQUIRED),
        (Enforcement.REQUIRED, Enforcement.OFF, Enforcement.REQUIRED),
        (Enforcement.REQUIRED, Enforcement.OPTIONAL, Enforcement.REQUIRED),
        (Enforcement.REQUIRED, Enforcement.REQUIRED, Enforcement.REQUIRED),
    ],
)
def test_stricter_enforcement_wins(above, wished, expected):
    policy = tighten(Policy(enforcement=above), Layer(name="organization", enforcement=wished))
    assert policy.enforcement is expected


@pytest.mark.parametrize(
    ("above", "wished", "expected"),
    [
        (EmailCodes.LOGIN, None, EmailCodes.LOGIN),
        (EmailCodes.LOGIN, EmailCodes.LOGIN, EmailCodes.LOGIN),
        (EmailCodes.LOGIN, EmailCodes.RECOVERY, EmailCodes.RECOVERY),
        (EmailCodes.LOGIN, EmailCodes.OFF, EmailCodes.OFF),
        (EmailCodes.RECOVERY, None, EmailCodes.RECOVERY),
        (EmailCodes.RECOVERY, EmailCodes.LOGIN, EmailCodes.RECOVERY),
        (EmailCodes.RECOVERY, EmailCodes.RECOVERY, EmailCodes.RECOVERY),
        (EmailCodes.RECOVERY, EmailCodes.OFF, EmailCodes.OFF),
        (EmailCodes.OFF, None, EmailCodes.OFF),
        (EmailCodes.OFF, EmailCodes.LOGIN, EmailCodes.OFF),
        (EmailCodes.OFF, EmailCodes.RECOVERY, EmailCodes.OFF),
        (EmailCodes.OFF, EmailCodes.OFF, EmailCodes.OFF),
    ],
)
def test_strictest_email_codes_win(above, wished, expected):
    policy = tighten(Policy(email_codes=above), Layer(name="organization", email_codes=wished))
    assert policy.email_codes is expected


PHONE_OR_APP = frozenset({Method.PHONE, Method.APP})


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        pytest.param(None, PHONE_OR_APP, id="no wish"),
        pytest.param(PHONE_OR_APP, PHONE_OR_APP, id="the same"),
        pytest.param(frozenset({Method.PHONE}), frozenset({Method.PHONE}), id="fewer"),
        pytest.param(frozenset(Method), PHONE_OR_APP, id="more"),
        pytest.param(
            frozenset({Method.APP, Method.PUSH}), frozenset({Method.APP}), id="one in common"
        ),
        pytest.param(frozenset({Method.PUSH}), frozenset(), id="none in common"),
        pytest.param(frozenset(), frozenset(), id="none"),
    ],
)
def test_only_methods_of_all_levels_remain(wished, expected):
    policy = tighten(Policy(methods=PHONE_OR_APP), Layer(name="organization", methods=wished))
    assert policy.methods == expected


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        pytest.param(None, minutes(5), id="no wish"),
        pytest.param(minutes(3), minutes(3), id="shorter"),
        pytest.param(minutes(5), minutes(5), id="the same"),
        pytest.param(minutes(10), minutes(5), id="longer"),
    ],
)
def test_shorter_code_life_wins(wished, expected):
    policy = tighten(Policy(code_life=minutes(5)), Layer(name="organization", code_life=wished))
    assert policy.code_life == expected


@pytest.mark.parametrize(
    ("above", "wished", "expected"),
    [
        (True, None, True),
        (True, True, True),
        (True, False, False),
        (False, None, False),
        (False, True, False),
        (False, False, False),
    ],
)
def test_voip_needs_every_level(above, wished, expected):
    policy = tighten(Policy(allow_voip=above), Layer(name="organization", allow_voip=wished))
    assert policy.allow_voip is expected


UK = frozenset({"GB", "GG", "IM", "JE"})


@pytest.mark.parametrize(
    ("home", "named", "expected"),
    [
        pytest.param("GB", None, UK, id="the home country with its islands"),
        pytest.param("JM", None, frozenset({"JM"}), id="not a whole calling code"),
        pytest.param("GB", frozenset({"FR"}), frozenset({"FR"}), id="what is named"),
        pytest.param(None, None, EVERYWHERE, id="no home"),
        pytest.param("", None, EVERYWHERE, id="an empty home"),
        pytest.param(None, UK, UK, id="no home, but named"),
    ],
)
def test_only_home_country_can_enroll_without_list(home, named, expected):
    site = Layer(name="site", home_region=home, enroll_regions=named)
    policy = resolve(site, in_force=True)
    assert (policy.enroll_regions, policy.text_regions) == (expected, EVERYWHERE)


FRANCE = frozenset({"FR"})


@pytest.mark.parametrize(
    ("site", "organization", "expected", "decided"),
    [
        pytest.param({}, {"home_region": "FR"}, FRANCE, "organization", id="home below"),
        pytest.param(
            {"home_region": "GB"}, {"home_region": "FR"}, FRANCE, "organization", id="two homes"
        ),
        pytest.param({"home_region": "GB"}, {}, UK, "site", id="home above"),
        pytest.param(
            {"home_region": "GB", "enroll_regions": UK | FRANCE},
            {"home_region": "FR"},
            UK | FRANCE,
            "site",
            id="named above",
        ),
        pytest.param(
            {"home_region": "GB"},
            {"enroll_regions": FRANCE},
            FRANCE,
            "organization",
            id="named below",
        ),
    ],
)
def test_nearest_home_country_can_enroll_without_list(site, organization, expected, decided):
    """Derived after folding: an organization abroad has numbers of its own country."""
    policy = resolve(
        Layer(name="site", **site), [Layer(name="organization", **organization)], in_force=True
    )
    assert policy.enroll_regions == expected
    assert policy.decided_by["enroll_regions"] == decided
    assert all(policy.may_enroll(region) for region in expected)


NO_PHONES = frozenset({Method.APP})


@pytest.mark.parametrize(
    ("site", "below", "field", "levels"),
    [
        pytest.param({"methods": frozenset()}, {}, "methods", ("site",), id="no method"),
        pytest.param(
            {"methods": NO_PHONES},
            {"methods": frozenset({Method.PHONE})},
            "methods",
            ("site", "organization"),
            id="no method in common",
        ),
        pytest.param({"enroll_regions": frozenset()}, {}, "countries", ("site",), id="no country"),
        pytest.param(
            {"enroll_regions": UK},
            {"enroll_regions": FRANCE},
            "countries",
            ("site", "organization"),
            id="no country in common",
        ),
        pytest.param(
            {"home_region": "GB"},
            {"text_regions": FRANCE},
            "countries",
            ("site", "organization"),
            id="no texts at home",
        ),
    ],
)
def test_empty_policy_is_refused_with_its_levels(site, below, field, levels):
    layers = [Layer(name="partner"), Layer(name="organization", **below)]
    with pytest.raises(
        EmptyPolicyError, match=f"^no {field} left by {', '.join(levels)}$"
    ) as error:
        resolve(Layer(name="site", **site), layers, in_force=True)
    assert (error.value.field, error.value.levels) == (field, levels)
    assert error.value.policy.in_force
    assert not (
        error.value.policy.methods if field == "methods" else error.value.policy.may_enroll("GB")
    )


def test_without_phones_no_country_is_needed():
    site = Layer(name="site", methods=NO_PHONES, enroll_regions=frozenset())
    assert resolve(site, in_force=True).methods == NO_PHONES


@pytest.mark.parametrize("field", ["enroll_regions", "text_regions"])
@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        pytest.param(None, UK, id="no wish"),
        pytest.param(frozenset({"GB", "FR"}), frozenset({"GB"}), id="one in common"),
        pytest.param(frozenset({"FR"}), frozenset(), id="none in common"),
        pytest.param(EVERYWHERE, UK, id="more"),
    ],
)
def test_only_countries_of_all_levels_remain(field, wished, expected):
    policy = tighten(Policy(**{field: UK}), Layer(name="organization", **{field: wished}))
    assert getattr(policy, field) == expected


@pytest.mark.parametrize(
    ("region", "allowed"), [("GB", True), ("FR", False), ("DE", False), ("US", False), ("", False)]
)
def test_new_number_needs_both_lists(region, allowed):
    policy = Policy(enroll_regions=frozenset({"GB", "FR"}), text_regions=frozenset({"GB", "DE"}))
    assert policy.may_enroll(region) is allowed


NEAREST_WINS = pytest.mark.parametrize(
    ("field", "above", "nearest"),
    [
        ("after_enrollment", AfterEnrollment.FINISH, AfterEnrollment.CONTINUE),
        ("number_change", NumberChange.SAVE_THEN_VERIFY, NumberChange.AFTER_CODE),
        ("after_enrollment", AfterEnrollment.CONTINUE, AfterEnrollment.LOGIN_AGAIN),
        ("home_region", "GB", "US"),
        ("contact", "the help desk", "your teacher"),
    ],
)


@NEAREST_WINS
def test_nearest_level_chooses_flow_and_wording(field, above, nearest):
    layers = [
        Layer(name="partner", **{field: above}),
        Layer(name="organization", **{field: nearest}),
    ]
    policy = resolve(SITE, layers, in_force=True)
    assert (getattr(policy, field), policy.decided_by[field]) == (nearest, "organization")


@NEAREST_WINS
def test_level_without_settings_keeps_flow_and_wording_above(field, above, nearest):
    layers = [Layer(name="partner", **{field: above}), Layer(name="organization")]
    policy = resolve(SITE, layers, in_force=True)
    assert (getattr(policy, field), policy.decided_by[field]) == (above, "partner")


@pytest.mark.parametrize(
    ("above", "wished", "decided_by"),
    [
        pytest.param(Enforcement.OPTIONAL, Enforcement.REQUIRED, "organization", id="tightened"),
        pytest.param(Enforcement.OPTIONAL, Enforcement.OPTIONAL, "site", id="repeated"),
        pytest.param(Enforcement.OPTIONAL, Enforcement.OFF, "site", id="loosened in vain"),
    ],
)
def test_decided_by_names_deciding_level(above, wished, decided_by):
    site = Layer(name="site", enforcement=above)
    layers = [Layer(name="organization", enforcement=wished)]
    assert resolve(site, layers, in_force=True).decided_by == {"enforcement": decided_by}


def test_each_field_names_its_own_level():
    site = Layer(name="site", contact="the help desk", code_life=minutes(8))
    partner = Layer(name="partner", email_codes=EmailCodes.RECOVERY, code_life=minutes(5))
    person = Layer(name="person", methods=frozenset({Method.APP}), home_region="GB")
    assert resolve(site, [partner, person], in_force=True).decided_by == {
        "contact": "site",
        "email_codes": "partner",
        "code_life": "partner",
        "methods": "person",
        "home_region": "person",
        "enroll_regions": "person",
    }


@pytest.mark.parametrize(
    ("above", "wished", "expected"),
    [
        (WeakerWays.ALLOW, None, WeakerWays.ALLOW),
        (WeakerWays.ALLOW, WeakerWays.REFUSE, WeakerWays.REFUSE),
        (WeakerWays.REFUSE, None, WeakerWays.REFUSE),
        (WeakerWays.REFUSE, WeakerWays.ALLOW, WeakerWays.REFUSE),
        (WeakerWays.REFUSE, WeakerWays.NONE, WeakerWays.NONE),
        (WeakerWays.NONE, WeakerWays.REFUSE, WeakerWays.NONE),
    ],
)
def test_any_level_can_refuse_weaker_ways(above, wished, expected):
    layer = Layer(name="organization", weaker_ways=wished)
    assert tighten(Policy(weaker_ways=above), layer).weaker_ways is expected


def test_policy_is_not_changed_by_layer_under_it():
    above = resolve(Layer(name="site", contact="the help desk"), in_force=True)
    tighten(above, Layer(name="person", contact="your teacher", enforcement=Enforcement.OFF))
    assert above == resolve(Layer(name="site", contact="the help desk"), in_force=True)


@pytest.mark.parametrize(
    ("loosest_first", "expected"),
    [
        (Enforcement, ["off", "optional", "required"]),
        (EmailCodes, ["login", "recovery", "off"]),
        (WeakerWays, ["allow", "refuse", "none"]),
    ],
    ids=["enforcement", "email codes", "weaker ways"],
)
def test_enums_are_ordered_loosest_first(loosest_first, expected):
    assert list(loosest_first) == expected


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (AfterEnrollment, {"login_again", "finish", "continue"}),
        (Method, {"phone", "email", "app", "passkey", "push", "recovery_codes"}),
    ],
    ids=["after enrollment", "methods"],
)
def test_stored_values_of_enums_stay(kept, words):
    assert set(kept) == words


@pytest.mark.parametrize(("name", "unit"), [("session_life", 60), ("session_idle", 1)])
@pytest.mark.parametrize(("wish", "kept"), [(None, 20), (23, 20), (20, 20), (10, 10)])
def test_lower_level_only_shortens_session(name, unit, wish, kept):
    """SS-03: levels only tighten."""
    site = Layer(name="site", **{name: minutes(20 * unit)})
    layer = Layer(name="staff", **{name: minutes(wish * unit) if wish else None})
    assert getattr(resolve(site, [layer], in_force=True), name) == minutes(kept * unit)


BOUNDS = [
    ("code_life", 2, 10),
    ("session_life", 60, 24 * 60),
    ("session_idle", 5, 60),
    ("trust_browser_for", 0, 30 * 24 * 60),
    ("recovery_wait", 24 * 60, 7 * 24 * 60),
]


@pytest.mark.parametrize(("name", "least", "most"), BOUNDS)
def test_no_policy_level_exceeds_bounds(name, least, most):
    """X23: neither the site nor a lower level, whatever their rows contain."""
    # The longest wait counts, so the looser value is the shorter one.
    wide = Policy(**{name: minutes(0 if name == "recovery_wait" else most * 100)})
    for wished in (0, 1, most * 10):
        layer = Layer(name="organization", **{name: minutes(wished)})
        kept = minutes(min(max(wished, least), most))
        assert getattr(resolve(layer, in_force=True), name) == kept
        assert getattr(tighten(wide, layer), name) == kept


@pytest.mark.parametrize(("name", "least", "most"), BOUNDS)
def test_each_number_may_have_its_bounds(name, least, most):
    for wished in (least, least + 1, most - 1, most):
        layer = Layer(name="site", **{name: minutes(wished)})
        assert getattr(resolve(layer, in_force=True), name) == minutes(wished)


def test_each_number_of_a_policy_has_bounds():
    """X23: a new number needs bounds."""
    numbers = {field.name for field in fields(Policy) if field.type in {timedelta, int, float}}
    assert numbers == {name for name, _least, _most in BOUNDS} == set(policies.BOUNDS)


DAYS = timedelta(days=1)


@pytest.mark.parametrize(
    ("site", "below", "trusted"),
    [
        (None, None, 0),
        (None, 30, 0),
        (0, 30, 0),
        (14, None, 14),
        (14, 30, 14),
        (14, 7, 7),
        (14, 0, 0),
    ],
)
def test_lower_level_only_shortens_trust_in_browsers(site, below, trusted):
    """TB-01: it is off unless the site turns it on."""
    site, below = (None if days is None else days * DAYS for days in (site, below))
    layer = Layer(name="organization", trust_browser_for=below)
    policy = resolve(Layer(name="site", trust_browser_for=site), [layer], in_force=True)
    assert policy.trust_browser_for == trusted * DAYS


@pytest.mark.parametrize(
    ("site", "below", "wait"),
    [(None, None, 72), (24, None, 24), (24, 48, 48), (48, 24, 48), (None, 100, 100)],
)
def test_longest_wait_of_any_level_counts_after_lost_phone(site, below, wait):
    """E13: a lower level can only lengthen it."""
    site, below = (None if n is None else minutes(60 * n) for n in (site, below))
    layer = Layer(name="organization", recovery_wait=below)
    policy = resolve(Layer(name="site", recovery_wait=site), [layer], in_force=True)
    assert policy.recovery_wait == minutes(60 * wait)


@pytest.mark.parametrize(
    ("site", "below", "newest"),
    [(None, None, None), (0, None, 0), (None, 0, 0), (0, 1, 1), (1, 0, 1)],
)
def test_newest_change_of_any_level_ends_trust(site, below, newest):
    """TB-02."""
    site, below, newest = (
        None if days is None else NOW + days * DAYS for days in (site, below, newest)
    )
    layer = Layer(name="organization", trusts_from=below)
    policy = resolve(Layer(name="site", trusts_from=site), [layer], in_force=True)
    assert policy.trusts_from == newest


def test_fingerprint_changes_with_each_decision_and_nothing_else():
    """TB-02: which a trusted browser dies of."""
    policy = Policy(methods=frozenset({Method.PHONE, Method.APP, Method.PASSKEY}))
    changes = {
        "enforcement": Enforcement.OPTIONAL,
        "most_skips": 1,
        "skips_until": NOW,
        "skips_from": NOW,
        "deadline": NOW,
        "enroll_again_from": NOW,
        "new_device_email": True,
        "may_close": True,
        "methods": frozenset({Method.PHONE}),
        "no_email": True,
        "email_codes": EmailCodes.OFF,
        "weaker_ways": WeakerWays.REFUSE,
        "passkeys_from": NOW,
        "backup": True,
        "code_life": minutes(5),
        "session_life": minutes(60),
        "session_idle": minutes(5),
        "trust_browser_for": DAYS,
        "trusts_from": NOW,
        "recovery_wait": 2 * DAYS,
        "allow_voip": True,
        "enroll_regions": frozenset({"GB"}),
        "text_regions": frozenset({"GB"}),
        "after_enrollment": AfterEnrollment.FINISH,
        "number_change": NumberChange.SAVE_THEN_VERIFY,
        "home_region": "GB",
    }
    others = {
        "in_force": True,
        "paused": True,
        "resting": frozenset({"sms"}),
        "mail_tested": True,
        "contact": "the help desk",
        "decided_by": {"backup": "site"},
    }
    assert {each.name for each in fields(Policy)} == {*changes, *others}
    found = [replace(policy, **{name: value}).fingerprint for name, value in changes.items()]
    assert len({policy.fingerprint, *found}) == len(changes) + 1
    assert {replace(policy, **others).fingerprint} == {policy.fingerprint}


def test_default_session_lasts_twelve_hours_and_half_hour_without_click():
    policy = resolve(SITE, in_force=True)
    assert (policy.session_life, policy.session_idle) == (minutes(12 * 60), minutes(30))


def test_site_can_lengthen_session():
    site = Layer(name="site", session_life=minutes(24 * 60), session_idle=minutes(60))
    policy = resolve(site, in_force=True)
    assert (policy.session_life, policy.session_idle) == (minutes(24 * 60), minutes(60))


def test_channels_that_are_down_are_kept_through_all_layers():
    resting = frozenset({"sms"})
    policy = resolve(SITE, [Layer(name="person")], in_force=True, resting=resting)
    assert policy.resting == resting
    assert "resting" not in policy.decided_by


def test_every_channel_works_by_default():
    assert resolve(SITE, in_force=True).resting == frozenset()


@pytest.mark.parametrize(
    ("above", "wished", "demanded"),
    [
        (False, None, False),
        (False, False, False),
        (False, True, True),
        (True, None, True),
        (True, False, True),
        (True, True, True),
    ],
)
def test_any_level_can_require_backup(above, wished, demanded):
    layer = Layer(name="staff", backup=wished)
    assert tighten(Policy(backup=above), layer).backup is demanded


@pytest.mark.parametrize("tested", [True, False])
def test_mail_test_result_is_kept_through_all_layers(tested):
    policy = resolve(SITE, [Layer(name="person")], in_force=True, mail_tested=tested)
    assert policy.mail_tested is tested


def test_mail_is_untested_by_default():
    assert resolve(SITE, in_force=True).mail_tested is False


@pytest.mark.parametrize(
    ("policy", "asks"),
    [
        (Policy(in_force=True), True),
        (Policy(in_force=True, enforcement=Enforcement.OPTIONAL), True),
        (Policy(in_force=True, enforcement=Enforcement.OFF), False),
        (Policy(in_force=True, paused=True), False),
        (Policy(), False),
    ],
)
def test_login_asks_while_policy_demands_it(policy, asks):
    assert policy.asks is asks


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, NOW),
        ({"in_force": False}, None),
        ({"enforcement": Enforcement.OFF}, None),
        ({"weaker_ways": WeakerWays.NONE}, None),
    ],
)
def test_date_for_passkeys_is_due_where_a_login_asks_and_none_is_needed_yet(more, due):
    policy = Policy(**{"in_force": True, "passkeys_from": NOW, **more})
    assert policy.passkeys_due == due
