"""What holds for the login whatever the facts."""

from hypothesis import given, strategies as st

from mfa.rules.policy import Enforcement
from mfa.rules.steps import Aim, Proof, Step, next_step
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
def test_every_walk_has_a_next_step(known):
    assert next_step(known) in set(Step)


@given(facts(alive=no))
def test_a_dead_walk_always_starts_over(known):
    assert next_step(known) is Step.START_OVER


@given(facts(**password_alone | {"enforcement": required}))
def test_where_required_nobody_enters_by_the_password_alone(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, skipped=no))
def test_nobody_enters_by_the_password_alone_without_skipping(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, ever_bound=yes))
def test_nobody_who_ever_bound_a_factor_enters_by_the_password_alone(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, routes=some_routes))
def test_nobody_with_a_route_enters_by_the_password_alone(known):
    assert next_step(known) is not Step.ENTER


@given(facts(**password_alone, ever_bound=yes, mailbox_proven=no))
def test_the_password_alone_never_enrolls_once_a_factor_was_bound(known):
    assert next_step(known) not in {Step.ENROLL, Step.OFFER}


@given(facts(routes=some_routes))
def test_nobody_with_a_route_enrolls_anew_or_recovers(known):
    assert next_step(known) not in {Step.ENROLL, Step.OFFER, Step.PROVE_MAILBOX, Step.BLOCKED}


@given(facts(ever_bound=no, mailbox_due=no))
def test_nobody_recovers_what_was_never_bound(known):
    assert next_step(known) not in {Step.PROVE_MAILBOX, Step.BLOCKED}


@given(facts(ever_bound=no, mailbox_due=yes, mailbox_proven=no))
def test_an_idle_account_sets_nothing_up_by_the_password_alone(known):
    """S12."""
    assert next_step(known) not in {Step.ENROLL, Step.OFFER}


@given(facts(recovery_allowed=no, mailbox_due=no))
def test_a_mailbox_is_asked_only_where_recovery_is_allowed(known):
    assert next_step(known) is not Step.PROVE_MAILBOX


@given(facts(**password_alone, locked=yes))
def test_who_is_locked_gets_no_question(known):
    assert next_step(known) in {Step.WAIT, Step.START_OVER}


@given(facts(routes=nothing))
def test_without_a_route_there_is_no_question(known):
    assert next_step(known) not in {Step.ANSWER, Step.CHOOSE}


@given(facts(**password_alone, routes=mailbox_first, chosen=st.none()))
def test_the_mailbox_gets_no_code_that_nobody_asked_for(known):
    assert next_step(known) is not Step.ANSWER


@given(facts(proof=st.sampled_from([Proof.NONE, Proof.ANSWER])))
def test_only_an_enrollment_finishes(known):
    assert next_step(known) is not Step.FINISH


@given(facts(alive=yes, demanded=no))
def test_where_nothing_is_demanded_everybody_enters(known):
    assert next_step(known) is Step.ENTER


@given(facts(alive=yes, enforcement=st.just(Enforcement.OFF)))
def test_where_enforcement_is_off_everybody_enters(known):
    assert next_step(known) is Step.ENTER


@given(facts(alive=yes, proof=st.just(Proof.ANSWER), backed_up=yes))
def test_an_answer_enters(known):
    assert next_step(known) is Step.ENTER


resetting = st.just(Aim.RESET)
with_a_phone = st.permutations(ROUTES).map(tuple)


@given(facts(**password_alone, aim=resetting, ever_bound=yes, routes=with_a_phone))
def test_a_link_alone_resets_nothing_where_there_is_a_phone(known):
    """RV-02."""
    assert next_step(known) not in {Step.ENTER, Step.ENROLL, Step.OFFER, Step.PROVE_MAILBOX}


@given(facts(binding=yes, ever_bound=yes, rescued=no))
def test_the_password_is_never_all_that_binds_once_a_factor_was_bound(known):
    """EN-02: neither while a pause runs nor while it is off."""
    assert not known.by_password


@given(facts(aim=st.sampled_from([Aim.STEP_UP, Aim.RESET])))
def test_only_a_login_enrolls_or_finishes(known):
    assert next_step(known) not in {Step.ENROLL, Step.OFFER, Step.FINISH, Step.PROVE_MAILBOX}


@given(facts(routes=some_routes))
def test_the_route_to_ask_is_one_of_the_usable(known):
    assert known.route in known.routes


required = st.just(Enforcement.REQUIRED)
proven = st.sampled_from([Proof.ANSWER, Proof.ENROLLED])


@given(facts(demanded=yes, enforcement=required, trusted=no, proof=proven, backed_up=no))
def test_who_has_only_a_phone_is_not_let_in_by_it(known):
    """Where the policy wants a way out."""
    assert next_step(known) in {Step.START_OVER, Step.BACK_UP}
