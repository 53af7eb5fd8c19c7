"""Folding the levels of a person's memberships."""

from datetime import UTC, datetime, timedelta

import pytest

from mfa.rules.fold import Branch, EmptyPolicyError, resolve
from mfa.rules.methods import DEFAULT, Method
from mfa.rules.policy import AfterEnrollment, EmailCodes, Enforcement, Layer, Policy, due, tighten

OFF, OPTIONAL, REQUIRED = Enforcement
SITE = Layer(name="site")
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
TUESDAY, FRIDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
PHONE, APP = frozenset({Method.PHONE}), frozenset({Method.APP})


def member(**levels):
    """A membership; each level is given by its name and its settings."""
    return Branch(tuple(Layer(name=name, **wishes) for name, wishes in levels.items()))


def says(enforcement, name="organization"):
    return member(**{name: {"enforcement": enforcement}})


def folded(*memberships, site=SITE, **known):
    return resolve(site, branches=memberships, in_force=True, **known)


@pytest.mark.parametrize(
    ("site", "floor", "memberships", "expected", "decided"),
    [
        pytest.param(None, None, (), REQUIRED, None, id="nobody says anything"),
        pytest.param(OPTIONAL, None, (Branch(),), OPTIONAL, "site", id="only the site"),
        pytest.param(None, None, (says(OFF),), REQUIRED, None, id="loosened without a floor"),
        pytest.param(None, OPTIONAL, (says(OFF),), OPTIONAL, "site", id="below the floor"),
        pytest.param(
            None, OPTIONAL, (says(OPTIONAL),), OPTIONAL, "organization", id="down to the floor"
        ),
        pytest.param(None, OFF, (says(OFF),), OFF, "organization", id="organizations decide"),
        pytest.param(
            None, OFF, (says(None),), REQUIRED, None, id="site counts where nobody says anything"
        ),
        pytest.param(
            None,
            OFF,
            (says(OPTIONAL), says(None, "silent")),
            REQUIRED,
            None,
            id="site counts for the membership where nobody says anything",
        ),
        pytest.param(OFF, None, (says(None),), OFF, "site", id="site off, organization silent"),
        pytest.param(
            OFF, None, (says(REQUIRED),), REQUIRED, "organization", id="site off, tightened"
        ),
        pytest.param(OFF, OPTIONAL, (Branch(),), OPTIONAL, "site", id="the floor above the site"),
        pytest.param(
            None,
            OFF,
            (says(OFF), says(OPTIONAL, "other")),
            OPTIONAL,
            "other",
            id="strictest membership",
        ),
        pytest.param(
            None,
            OFF,
            (says(OFF), Branch()),
            REQUIRED,
            None,
            id="a standing of one's own counts as one more",
        ),
        pytest.param(
            None,
            OFF,
            (member(partner={"enforcement": OPTIONAL}, client={"enforcement": OFF}),),
            OPTIONAL,
            "partner",
            id="the stricter of partner and organization",
        ),
        pytest.param(
            None,
            OFF,
            (member(partner={}, client={"enforcement": OFF}),),
            OFF,
            "client",
            id="silent partner",
        ),
    ],
)
def test_enforcement_is_that_of_strictest_membership(site, floor, memberships, expected, decided):
    policy = folded(*memberships, site=Layer(name="site", enforcement=site), floor=floor)
    assert policy.enforcement is expected
    assert policy.decided_by.get("enforcement") == decided


def test_role_tightens_whatever_memberships_say():
    staff = Layer(name="staff", enforcement=REQUIRED)
    policy = resolve(SITE, [staff], [says(OFF)], in_force=True, floor=OFF)
    assert (policy.enforcement, policy.decided_by["enforcement"]) == (REQUIRED, "staff")


def test_requirements_of_all_memberships_apply():
    policy = folded(
        member(partner={"email_codes": EmailCodes.RECOVERY}, client={"methods": PHONE | APP}),
        member(other={"methods": APP, "code_life": timedelta(minutes=5)}),
    )
    assert (policy.methods, policy.email_codes) == (APP, EmailCodes.RECOVERY)
    assert policy.code_life == timedelta(minutes=5)
    assert policy.decided_by == {"email_codes": "partner", "methods": "other", "code_life": "other"}


def test_home_chooses_flow_and_wording():
    home = member(home={"contact": "our desk", "after_enrollment": AfterEnrollment.FINISH})
    other = member(
        other={
            "contact": "their desk",
            "after_enrollment": AfterEnrollment.CONTINUE,
            "home_region": "FR",
        }
    )
    policy = folded(home, other)
    assert (policy.contact, policy.after_enrollment) == ("our desk", AfterEnrollment.FINISH)
    assert policy.home_region == ""


def test_numbers_of_home_country_stay_the_only_ones_with_second_membership():
    british, french = member(home={"home_region": "JM"}), member(other={"home_region": "FR"})
    assert folded(british, french).enroll_regions == frozenset({"JM"})
    wide = member(other={"enroll_regions": frozenset({"JM", "FR"})})
    assert folded(british, wide).enroll_regions == frozenset({"JM"})


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"methods": PHONE}, {"methods": APP}, "methods"),
        (
            {"enroll_regions": frozenset({"GB"})},
            {"enroll_regions": frozenset({"FR"})},
            "countries",
        ),
    ],
    ids=["methods", "countries"],
)
def test_two_memberships_that_leave_nothing_are_refused_by_name(first, second, field):
    with pytest.raises(EmptyPolicyError) as error:
        folded(member(one=first), member(partner={}, two=second))
    assert (error.value.field, error.value.levels) == (field, ("one", "two"))


def test_level_of_two_memberships_is_named_once():
    with pytest.raises(EmptyPolicyError) as error:
        folded(
            member(partner={"methods": PHONE}, one={}),
            member(partner={"methods": PHONE}, two={"methods": APP}),
        )
    assert error.value.levels == ("partner", "two")


@pytest.mark.parametrize("methods", [frozenset(), frozenset({Method.RECOVERY_CODES})])
def test_methods_need_one_that_can_be_the_only_factor(methods):
    with pytest.raises(EmptyPolicyError) as error:
        folded(site=Layer(name="site", methods=methods))
    assert (error.value.field, error.value.levels) == ("methods", ("site",))


PUSH = frozenset({Method.PUSH})


@pytest.mark.parametrize("beside", [frozenset(), frozenset({Method.RECOVERY_CODES})])
def test_methods_need_one_that_the_portal_offers(beside):
    levels = member(one={"methods": PUSH | APP | beside}, two={"methods": PUSH | PHONE | beside})
    with pytest.raises(EmptyPolicyError) as error:
        folded(levels, unready=PUSH)
    assert (error.value.field, error.value.levels) == ("ready", ("one", "two"))
    assert error.value.policy.methods == PUSH | beside
    assert folded(levels).methods == PUSH | beside
    assert folded(member(one={"methods": PUSH | APP}), unready=PUSH).methods == PUSH | APP


EMAIL = frozenset({Method.EMAIL})
CODES = frozenset({Method.RECOVERY_CODES})
WITH_EMAIL = PHONE | EMAIL | CODES
NO_EMAIL = Layer(name="managers", methods=DEFAULT, no_email=True)


@pytest.mark.parametrize(
    ("levels", "member_gets", "manager_gets", "closed"),
    [
        ((None, None, None), DEFAULT, DEFAULT, False),
        ((EMAIL, None, None), EMAIL, DEFAULT, True),
        ((WITH_EMAIL, EMAIL, None), EMAIL, WITH_EMAIL - EMAIL, True),
        ((WITH_EMAIL, EMAIL | CODES, EMAIL), EMAIL, WITH_EMAIL - EMAIL, True),
        ((WITH_EMAIL, PHONE | CODES, None), PHONE | CODES, PHONE | CODES, True),
        ((WITH_EMAIL, None, EMAIL), EMAIL, WITH_EMAIL - EMAIL, True),
        ((PHONE, None, None), PHONE, PHONE, False),
    ],
)
def test_role_without_email_keeps_the_other_methods(levels, member_gets, manager_gets, closed):
    """EM-07: a level that allows only email leaves managers what the levels above allow."""
    site, home, other = levels
    joined = [member(home={"methods": home}), member(other={"methods": other})]
    given = {"site": Layer(name="site", methods=site)}
    one, two = folded(*joined, **given), folded(*joined, roles=[NO_EMAIL], **given)
    assert (one.methods, one.no_email) == (member_gets, False)
    assert (two.methods, two.no_email) == (manager_gets, closed)


def test_email_beside_another_method_can_still_leave_a_role_none():
    levels = {"one": {"methods": EMAIL | PHONE}}
    with pytest.raises(EmptyPolicyError) as error:
        folded(member(**levels), site=Layer(name="site", methods=EMAIL | APP), roles=[NO_EMAIL])
    assert error.value.levels == ("site", "one", "managers")


@pytest.mark.parametrize(
    ("site", "home", "others", "expected", "decided"),
    [
        (None, None, [], False, None),
        (True, None, [], True, "site"),
        (None, True, [], True, "home"),
        (True, False, [], False, "home"),
        (True, None, [None], True, "site"),
        (None, True, [None], False, "site"),
        (None, True, [True], True, "home"),
        (True, False, [True], False, "home"),
        (True, True, [False], False, "other 0"),
        (True, True, [True, False], False, "other 1"),
    ],
)
def test_account_can_be_closed_only_if_each_membership_allows_it(
    site, home, others, expected, decided
):
    policy = folded(
        member(home={"may_close": home}),
        *(member(**{f"other {number}": {"may_close": wish}}) for number, wish in enumerate(others)),
        site=Layer(name="site", may_close=site),
    )
    assert (policy.may_close, policy.decided_by.get("may_close")) == (expected, decided)


@pytest.mark.parametrize(
    ("field", "above", "wished", "expected"),
    [
        ("most_skips", None, 3, 3),
        ("most_skips", 2, 3, 2),
        ("most_skips", 3, 0, 0),
        ("most_skips", 3, None, 3),
        ("skips_until", TUESDAY, FRIDAY, TUESDAY),
        ("skips_until", FRIDAY, TUESDAY, TUESDAY),
        ("deadline", None, FRIDAY, FRIDAY),
        ("deadline", FRIDAY, TUESDAY, TUESDAY),
        ("deadline", TUESDAY, FRIDAY, TUESDAY),
        ("skips_from", TUESDAY, FRIDAY, FRIDAY),
        ("skips_from", FRIDAY, TUESDAY, FRIDAY),
        ("enroll_again_from", TUESDAY, FRIDAY, FRIDAY),
        ("enroll_again_from", FRIDAY, TUESDAY, FRIDAY),
        ("enroll_again_from", FRIDAY, None, FRIDAY),
        ("new_device_email", False, True, True),
        ("new_device_email", True, False, True),
        ("new_device_email", True, None, True),
        ("new_device_email", False, None, False),
    ],
)
def test_stricter_limit_wins(field, above, wished, expected):
    policy = tighten(Policy(**{field: above}), Layer(name="organization", **{field: wished}))
    assert getattr(policy, field) == expected


@pytest.mark.parametrize(
    ("policy", "skips", "expected"),
    [
        ({"enforcement": REQUIRED}, 0, REQUIRED),
        ({"enforcement": OFF, "most_skips": 0}, 0, OFF),
        ({}, 1000, OPTIONAL),
        ({"most_skips": 0}, 0, REQUIRED),
        ({"most_skips": 2}, 1, OPTIONAL),
        ({"most_skips": 2}, 2, REQUIRED),
        ({"skips_until": TUESDAY}, 1000, OPTIONAL),
        ({"skips_until": MONDAY}, 0, REQUIRED),
        ({"most_skips": 2, "skips_until": MONDAY}, 0, REQUIRED),
        ({"most_skips": 2, "skips_until": TUESDAY}, 1, OPTIONAL),
    ],
)
def test_setup_can_be_skipped_within_count_and_time(policy, skips, expected):
    policy = Policy(**{"enforcement": OPTIONAL, **policy})
    assert policy.enforcement_after(skips, MONDAY) is expected


@pytest.mark.parametrize(
    ("limits", "remembered"),
    [({}, True), ({"most_skips": 5}, False), ({"skips_until": FRIDAY}, False)],
)
def test_skip_is_remembered_only_without_count_and_date(limits, remembered):
    assert Policy(**limits).remembers_skip is remembered


@pytest.mark.parametrize(
    ("enforcement", "deadline", "expected"),
    [
        (OPTIONAL, TUESDAY, (OPTIONAL, TUESDAY)),
        (OPTIONAL, MONDAY, (REQUIRED, None)),
        (OFF, MONDAY, (OFF, None)),
        (None, MONDAY, (None, None)),
        (OPTIONAL, None, (OPTIONAL, None)),
    ],
)
def test_deadline_makes_optional_step_required(enforcement, deadline, expected):
    layer = due(Layer(name="site", enforcement=enforcement, deadline=deadline), MONDAY)
    assert (layer.enforcement, layer.deadline) == expected
