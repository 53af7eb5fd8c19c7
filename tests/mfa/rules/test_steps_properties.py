"""Properties of the login for any facts."""

from dataclasses import replace

from hypothesis import given, strategies as st

from mfa.rules.policy import Enforcement
from mfa.rules.routes import Purpose
from mfa.rules.steps import Proof, Step, next_step
from tests.mfa.rules.strategies import MAILBOX, ROUTES, TEXTS, facts

no, yes = map(st.just, (False, True))
nothing = st.just(())
some_routes = st.lists(st.sampled_from(ROUTES), min_size=1, unique=True).map(tuple)
mailbox_first = st.permutations(TEXTS).map(lambda texts: (MAILBOX, *texts))
in_use = st.sampled_from([Enforcement.OPTIONAL, Enforcement.REQUIRED])
required = st.just(Enforcement.REQUIRED)
password_alone = {
    "demanded": yes,
    "enforcement": in_use,
    "proof": st.just(Proof.NONE),
    "trusted": no,
}


@given(facts())
def test_every_state_has_a_next_step(known):
    assert next_step(known) in set(Step)


@given(facts(alive=no))
def test_ended_flow_starts_over(known):
    assert next_step(known) is Step.START_OVER


@given(facts(**password_alone | {"enforcement": required}))
def test_password_is_not_enough_if_mfa_is_required(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, skipped=no))
def test_password_is_not_enough_without_skip(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, ever_bound=yes))
def test_password_is_not_enough_after_first_factor(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, routes=some_routes))
def test_password_is_not_enough_with_a_route(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, ever_bound=yes, mailbox_proven=no))
def test_password_does_not_enroll_after_first_factor(known):
    assert next_step(known) not in {Step.ENROLL, Step.OFFER}


@given(facts(routes=some_routes, lost=no, was_reset=no, outdated=no))
def test_person_with_route_does_not_enroll_or_recover(known):
    """Unless the person reports the factors lost, or support removed them."""
    assert next_step(known) not in {Step.ENROLL, Step.OFFER, Step.PROVE_MAILBOX, Step.BLOCKED}


@given(facts(ever_bound=no, mailbox_due=no, device_due=no))
def test_person_without_factor_does_not_recover(known):
    assert next_step(known) not in {Step.PROVE_MAILBOX, Step.BLOCKED}


@given(facts(ever_bound=no, mailbox_due=yes, mailbox_proven=no, outdated=no))
def test_inactive_account_needs_more_than_password(known):
    """S12."""
    assert next_step(known) not in {Step.ENROLL, Step.OFFER}


@given(facts(recovery_allowed=no, mailbox_due=no, device_due=no))
def test_email_is_asked_only_if_recovery_is_allowed(known):
    assert next_step(known) is not Step.PROVE_MAILBOX


@given(facts(**password_alone, locked=yes))
def test_locked_person_gets_no_question(known):
    assert next_step(known) in {Step.WAIT, Step.START_OVER}


@given(facts(routes=nothing))
def test_without_a_route_there_is_no_question(known):
    assert next_step(known) not in {Step.ANSWER, Step.CHOOSE}


@given(facts(**password_alone, routes=mailbox_first, chosen=st.none()))
def test_email_gets_no_code_without_request(known):
    assert next_step(known) is not Step.ANSWER


@given(facts(proof=st.sampled_from([Proof.NONE, Proof.ANSWER])))
def test_only_an_enrollment_finishes(known):
    assert next_step(known) is not Step.FINISH


@given(facts(alive=yes, demanded=no))
def test_login_succeeds_if_nothing_is_required(known):
    assert next_step(known) is Step.ENTER


@given(facts(alive=yes, enforcement=st.just(Enforcement.OFF)))
def test_login_succeeds_if_enforcement_is_off(known):
    assert next_step(known) is Step.ENTER


@given(facts(alive=yes, proof=st.just(Proof.ANSWER), backed_up=yes, outdated=no))
def test_right_answer_logs_in(known):
    assert next_step(known) is Step.ENTER


resetting = st.just(Purpose.RESET)
with_a_phone = st.permutations(ROUTES).map(tuple)


@given(facts(**password_alone, purpose=resetting, ever_bound=yes, routes=with_a_phone))
def test_link_is_not_enough_for_reset_with_phone(known):
    """RV-02."""
    assert next_step(known) not in {Step.ENTER, Step.ENROLL, Step.OFFER, Step.PROVE_MAILBOX}


@given(facts(binding=yes, ever_bound=yes, rescued=no))
def test_password_is_not_enough_to_add_factor_after_first(known):
    """EN-02: neither while a pause runs nor while it is off."""
    assert not known.by_password


@given(facts(purpose=st.sampled_from([Purpose.STEP_UP, Purpose.RESET])))
def test_only_a_login_enrolls_or_finishes(known):
    assert next_step(known) not in {Step.ENROLL, Step.OFFER, Step.FINISH, Step.PROVE_MAILBOX}


@given(facts(routes=some_routes))
def test_route_to_ask_is_one_of_usable(known):
    assert known.route in known.routes


required = st.just(Enforcement.REQUIRED)
proven = st.sampled_from([Proof.ANSWER, Proof.ENROLLED])


@given(
    facts(
        demanded=yes,
        enforcement=required,
        trusted=no,
        proof=proven,
        backed_up=no,
        by_email=no,
        outdated=no,
    )
)
def test_person_with_only_phone_needs_backup(known):
    """If the policy requires a backup."""
    assert next_step(known) in {Step.START_OVER, Step.BACK_UP}


@given(facts(trusted=yes))
def test_trusted_browser_replaces_only_a_question(known):
    """TB-01: whatever else is due stays due, and a step-up or reset asks as elsewhere."""
    spared, asked = next_step(known), next_step(replace(known, trusted=False))
    if spared is not asked:
        assert (spared, known.purpose, known.proof) == (Step.ENTER, Purpose.LOGIN, Proof.NONE)
        assert asked in {Step.ANSWER, Step.CHOOSE}
        due = known.outdated or known.number_due or known.lost or known.was_reset
        assert known.backed_up
        assert not due


not_enrolled = st.sampled_from([Proof.NONE, Proof.ANSWER])


@given(facts(demanded=yes, enforcement=in_use, proof=not_enrolled, outdated=yes, skipped=no))
def test_factor_from_before_new_start_does_not_log_in(known):
    """K9: it opens only the setup of a new one."""
    assert next_step(known) is not Step.ENTER


@given(
    facts(
        **password_alone,
        routes=nothing,
        ever_bound=no,
        device_due=yes,
        mailbox_proven=no,
    )
)
def test_new_device_needs_email_from_person_without_factor(known):
    assert next_step(known) in {Step.START_OVER, Step.WAIT, Step.PROVE_MAILBOX}
