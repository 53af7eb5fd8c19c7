"""The decision table of the login, row by row, with the rows that meet at each border."""

import pytest

from mfa.rules.methods import ChannelName
from mfa.rules.policy import AfterEnrollment, Enforcement
from mfa.rules.routes import ENROLLED_EMAIL, Purpose, Route
from mfa.rules.steps import Facts, Proof, Step, next_step

TEXT = Route(ChannelName.SMS, 7)
SECOND_TEXT = Route(ChannelName.SMS, 8)
EMAIL = Route(ChannelName.EMAIL)
LINKED, ELSEWHERE = Route(ChannelName.EMAIL, 10, linked=True), Route(ChannelName.EMAIL, 14)
ALL = (TEXT, SECOND_TEXT, EMAIL)


def facts(**known):
    """Facts of a person who has proven only a password, with MFA required."""
    usual = {
        "alive": True,
        "demanded": True,
        "enforcement": Enforcement.REQUIRED,
        "after_enrollment": AfterEnrollment.LOGIN_AGAIN,
    }
    return Facts(**usual | known)


TRUSTED = {"trusted": True, "routes": (TEXT,)}
NOT_SKIPPED = {"enforcement": Enforcement.OPTIONAL}
SKIPPED = NOT_SKIPPED | {"skipped": True}


def row(step, name, **known):
    return pytest.param(facts(**known), step, id=name)


@pytest.mark.parametrize(
    ("known", "step"),
    [
        row(Step.START_OVER, "1 dead", alive=False),
        row(Step.ENTER, "2 not demanded", demanded=False),
        row(Step.ENTER, "2 enforcement off", enforcement=Enforcement.OFF),
        row(Step.ENTER, "3 proven by an answer", proof=Proof.ANSWER),
        row(Step.ENTER, "6 trusted", trusted=True, routes=(TEXT,)),
        row(Step.ENROLL, "13 trusted, but nothing to ask", trusted=True),
        row(Step.BLOCKED, "9 trusted, but every factor gone", trusted=True, ever_bound=True),
        row(Step.START_OVER, "4 enrolled, log in again", proof=Proof.ENROLLED),
        row(
            Step.FINISH,
            "4 enrolled, finish",
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.FINISH,
        ),
        row(
            Step.ENTER,
            "4 enrolled, continue",
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.CONTINUE,
        ),
        row(Step.ENROLL, "5 pass, whatever could be asked", by_pass=True, routes=ALL),
        row(Step.ENROLL, "5 pass, locked", by_pass=True, locked=True, ever_bound=True),
        row(Step.START_OVER, "5 dead, with a pass", by_pass=True, alive=False),
        row(
            Step.START_OVER,
            "4 enrolled by a pass, whatever the policy",
            by_pass=True,
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.CONTINUE,
        ),
        row(Step.BACK_UP, "3 answered, only a phone", proof=Proof.ANSWER, backed_up=False),
        row(Step.ANSWER, "6 trusted, a backup is due", **TRUSTED, backed_up=False),
        row(Step.ANSWER, "6 trusted, a saved number is due", **TRUSTED, number_due=True),
        row(Step.ANSWER, "6 trusted, the factor lost", **TRUSTED, lost=True),
        row(Step.ANSWER, "6 trusted, reset by support", **TRUSTED, was_reset=True),
        row(
            Step.ENTER,
            "3 answered by an email, too weak to make codes",
            proof=Proof.ANSWER,
            backed_up=False,
            by_email=True,
        ),
        row(
            Step.START_OVER,
            "4 enrolled, log in again and back up then",
            proof=Proof.ENROLLED,
            backed_up=False,
        ),
        row(
            Step.BACK_UP,
            "4 enrolled, back up before the finish",
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.FINISH,
            backed_up=False,
        ),
        row(
            Step.BACK_UP,
            "4 enrolled, back up before one goes on",
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.CONTINUE,
            backed_up=False,
        ),
        row(Step.ENROLL, "3 answered by an old factor", proof=Proof.ANSWER, outdated=True),
        row(Step.ANSWER, "6 trusted, old factor", **TRUSTED, outdated=True),
        row(
            Step.ENTER,
            "4 enrolled again, continue",
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.CONTINUE,
            outdated=True,
        ),
        row(Step.ENROLL, "3 answered, a saved number", proof=Proof.ANSWER, number_due=True),
        row(
            Step.ENTER,
            "4 verified the saved number, continue",
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.CONTINUE,
            number_due=True,
        ),
        row(
            Step.ENTER,
            "4 an enrolled email confirms no new number",
            proof=Proof.ANSWER,
            proved=ENROLLED_EMAIL,
            number_due=True,
        ),
        row(
            Step.ENROLL,
            "3 an enrolled email that is alone does",
            proof=Proof.ANSWER,
            proved=ENROLLED_EMAIL,
            email_confirms=True,
            number_due=True,
        ),
        row(Step.ANSWER, "6 a saved number opens nothing", routes=(TEXT,), number_due=True),
        row(Step.WAIT, "5 locked", locked=True),
        row(Step.ANSWER, "6 a route", routes=(TEXT,)),
        row(Step.ANSWER, "6 the best of several", routes=ALL),
        row(Step.ANSWER, "6 the chosen one", routes=ALL, chosen=SECOND_TEXT),
        row(Step.ANSWER, "6 the chosen mailbox", routes=ALL, chosen=EMAIL),
        row(Step.CHOOSE, "6 asked to choose", routes=ALL, choosing=True),
        row(Step.CHOOSE, "6 the best does not ask by itself", routes=(EMAIL,)),
        row(
            Step.ENROLL,
            "7 mailbox proven",
            ever_bound=True,
            recovery_allowed=True,
            mailbox_proven=True,
        ),
        row(
            Step.PROVE_MAILBOX,
            "8 lost, whatever could be asked",
            ever_bound=True,
            recovery_allowed=True,
            lost=True,
            routes=ALL,
        ),
        row(
            Step.ENROLL,
            "7 lost, mailbox proven",
            ever_bound=True,
            recovery_allowed=True,
            lost=True,
            mailbox_proven=True,
            routes=ALL,
        ),
        row(Step.ANSWER, "6 lost, recovery closed", ever_bound=True, lost=True, routes=ALL),
        row(
            Step.ANSWER,
            "6 lost, never bound",
            lost=True,
            recovery_allowed=True,
            mailbox_proven=True,
            routes=ALL,
        ),
        row(Step.BLOCKED, "9 proven, closed since", ever_bound=True, mailbox_proven=True),
        row(Step.PROVE_MAILBOX, "8 recovery allowed", ever_bound=True, recovery_allowed=True),
        row(Step.BLOCKED, "9 no way left", ever_bound=True),
        row(Step.BLOCKED, "9 reset, no email", ever_bound=True, was_reset=True),
        row(
            Step.ENTER,
            "10 optional and skipped",
            enforcement=Enforcement.OPTIONAL,
            skipped=True,
        ),
        row(Step.PROVE_MAILBOX, "10 new device, required", device_due=True),
        row(Step.PROVE_MAILBOX, "10 new device, skipped", device_due=True, **SKIPPED),
        row(Step.ENTER, "11 new device, proven", device_due=True, mailbox_proven=True, **SKIPPED),
        row(Step.PROVE_MAILBOX, "11 idle, optional", mailbox_due=True, **NOT_SKIPPED),
        row(Step.PROVE_MAILBOX, "11 idle, required", mailbox_due=True),
        row(Step.OFFER, "12 optional", enforcement=Enforcement.OPTIONAL),
        row(Step.OFFER, "12 idle, proven", mailbox_due=True, mailbox_proven=True, **NOT_SKIPPED),
        row(Step.ENROLL, "13 required"),
        row(Step.ENROLL, "13 idle, proven", mailbox_due=True, mailbox_proven=True),
    ],
)
def test_each_row_decides(known, step):
    assert next_step(known) is step


BELOW_9 = {"enforcement": Enforcement.OPTIONAL, "skipped": True}
BELOW_8 = BELOW_9 | {"ever_bound": True}
BELOW_7 = BELOW_8 | {"recovery_allowed": True}
BELOW_6 = BELOW_7 | {"mailbox_proven": True}
BELOW_5 = BELOW_6 | {"routes": ALL}
BELOW_4 = BELOW_5 | {"locked": True}
BELOW_3 = BELOW_4 | {"proof": Proof.ENROLLED}


@pytest.mark.parametrize(
    ("known", "step"),
    [
        row(Step.START_OVER, "1 before 2: dead, not demanded", alive=False, demanded=False),
        row(
            Step.START_OVER,
            "1 before 2: dead, enforcement off",
            alive=False,
            enforcement=Enforcement.OFF,
        ),
        row(Step.START_OVER, "1 before 3: dead, proven", alive=False, proof=Proof.ANSWER),
        row(Step.START_OVER, "1 before 3: dead, trusted", alive=False, trusted=True),
        row(
            Step.START_OVER,
            "1 before 4: dead, enrolled",
            alive=False,
            proof=Proof.ENROLLED,
            after_enrollment=AfterEnrollment.CONTINUE,
        ),
        row(Step.START_OVER, "1 before 5: dead, locked", alive=False, locked=True),
        row(Step.START_OVER, "1 before 10: dead, skipped", alive=False, **BELOW_9),
        row(Step.ENTER, "2 before 4: not demanded, enrolled", demanded=False, **BELOW_3),
        row(Step.ENTER, "2 before 5: not demanded, locked", demanded=False, **BELOW_4),
        row(Step.ENTER, "2 before 9: not demanded, bound", demanded=False, ever_bound=True),
        row(
            Step.ENTER,
            "2 before 5: enforcement off, locked",
            **BELOW_4 | {"enforcement": Enforcement.OFF},
        ),
        row(Step.START_OVER, "4 before 6: trusted, enrolled", trusted=True, **BELOW_3),
        row(Step.ENTER, "3 before 5: proven, locked", proof=Proof.ANSWER, **BELOW_4),
        row(Step.WAIT, "5 before 6: trusted, locked", trusted=True, **BELOW_4),
        row(Step.START_OVER, "4 before 5: enrolled, locked", **BELOW_3),
        row(Step.START_OVER, "4 before 6: enrolled, routes", proof=Proof.ENROLLED, **BELOW_5),
        row(Step.WAIT, "5 before 6: locked, routes", **BELOW_4),
        row(Step.WAIT, "5 before 6: locked, choosing", choosing=True, **BELOW_4),
        row(Step.WAIT, "5 before 7: locked, mailbox proven", locked=True, **BELOW_6),
        row(Step.WAIT, "5 before 10: locked, skipped", locked=True, **BELOW_9),
        row(Step.WAIT, "5 before 13: locked, never bound", locked=True),
        row(Step.ANSWER, "6 before 7: routes, mailbox proven", **BELOW_5),
        row(Step.ANSWER, "6 before 3: an old factor is asked first", routes=(TEXT,), outdated=True),
        row(Step.BLOCKED, "9 before 10: bound, new device", ever_bound=True, device_due=True),
        row(Step.CHOOSE, "6 before 7: mailbox route, mailbox proven", routes=(EMAIL,), **BELOW_6),
        row(Step.ANSWER, "6 before 10: routes, skipped", routes=ALL, **BELOW_9),
        row(Step.ENROLL, "7 before 8: mailbox proven, recovery allowed", **BELOW_6),
        row(Step.PROVE_MAILBOX, "8 before 10: bound, skipped", **BELOW_7),
        row(Step.BLOCKED, "9 before 10: bound, skipped", **BELOW_8),
        row(Step.BLOCKED, "9 before 13: bound, required", ever_bound=True, skipped=True),
        row(Step.ENROLL, "13: required is not skipped", skipped=True),
        row(Step.ENTER, "10 before 11: skipped, idle", mailbox_due=True, **BELOW_9),
        row(Step.PROVE_MAILBOX, "11: required is not skipped", skipped=True, mailbox_due=True),
        row(Step.BLOCKED, "9 before 11: bound, idle", ever_bound=True, mailbox_due=True),
        row(Step.ANSWER, "6 before 11: a route, idle", routes=(TEXT,), mailbox_due=True),
        row(Step.ENROLL, "13: a mailbox proves nothing to the never bound", mailbox_proven=True),
        row(Step.ENROLL, "13: nor is there anything to recover", recovery_allowed=True),
        row(
            Step.OFFER,
            "12: recovery is for the bound",
            enforcement=Enforcement.OPTIONAL,
            mailbox_proven=True,
            recovery_allowed=True,
        ),
        row(Step.CHOOSE, "6: choosing among one", routes=(TEXT,), choosing=True),
        row(Step.CHOOSE, "6: choosing anew", routes=ALL, chosen=TEXT, choosing=True),
        row(Step.CHOOSE, "6: the mailbox first", routes=(EMAIL, TEXT)),
        row(Step.ANSWER, "6: the mailbox alone, chosen", routes=(EMAIL,), chosen=EMAIL),
        row(
            Step.ANSWER,
            "6: chosen and gone, a text instead",
            routes=(TEXT, EMAIL),
            chosen=SECOND_TEXT,
        ),
        row(Step.CHOOSE, "6: chosen and gone, a mailbox left", routes=(EMAIL,), chosen=TEXT),
        row(Step.ENROLL, "12: nothing to choose from", choosing=True, chosen=TEXT),
        row(Step.BLOCKED, "9: nothing to choose from", ever_bound=True, choosing=True, chosen=TEXT),
    ],
)
def test_first_row_that_fits_decides(known, step):
    assert next_step(known) is step


@pytest.mark.parametrize(
    ("routes", "chosen", "asked"),
    [
        pytest.param((), None, None, id="none"),
        pytest.param((), TEXT, None, id="chosen and none left"),
        pytest.param((TEXT, EMAIL), None, TEXT, id="the best"),
        pytest.param((EMAIL, TEXT), None, EMAIL, id="the best is the first"),
        pytest.param(ALL, SECOND_TEXT, SECOND_TEXT, id="the chosen one"),
        pytest.param(ALL, EMAIL, EMAIL, id="the chosen mailbox"),
        pytest.param((TEXT, EMAIL), SECOND_TEXT, TEXT, id="chosen and gone"),
    ],
)
def test_chosen_route_is_asked_while_it_is_usable(routes, chosen, asked):
    assert facts(routes=routes, chosen=chosen).route == asked


def test_facts_default_to_nothing_verified_or_allowed():
    assert facts() == Facts(
        alive=True,
        demanded=True,
        binding=False,
        rescued=False,
        enforcement=Enforcement.REQUIRED,
        after_enrollment=AfterEnrollment.LOGIN_AGAIN,
        proof=Proof.NONE,
        trusted=False,
        locked=False,
        routes=(),
        chosen=None,
        choosing=False,
        ever_bound=False,
        mailbox_proven=False,
        recovery_allowed=False,
        skipped=False,
    )


def step_up(step, name, **known):
    return row(
        step, name, **{"purpose": Purpose.STEP_UP, "ever_bound": True, "routes": (TEXT,)} | known
    )


@pytest.mark.parametrize(
    ("known", "step"),
    [
        step_up(Step.START_OVER, "dead", alive=False, proof=Proof.ANSWER),
        step_up(Step.ENTER, "answered", proof=Proof.ANSWER),
        step_up(Step.ENTER, "answered, not demanded", proof=Proof.ANSWER, demanded=False),
        step_up(Step.ENTER, "answered, locked", proof=Proof.ANSWER, locked=True),
        step_up(Step.START_OVER, "not demanded: the password", demanded=False),
        step_up(Step.START_OVER, "off: the password", enforcement=Enforcement.OFF),
        step_up(Step.START_OVER, "never bound: the password", ever_bound=False, routes=()),
        step_up(Step.WAIT, "locked", locked=True),
        step_up(Step.ANSWER, "a route"),
        step_up(Step.ANSWER, "trusted is no proof", trusted=True),
        step_up(Step.ANSWER, "enrolled is no proof", proof=Proof.ENROLLED),
        step_up(Step.ANSWER, "skipped is no proof", skipped=True),
        step_up(Step.CHOOSE, "asked to choose", choosing=True),
        step_up(Step.CHOOSE, "the mailbox waits", routes=(EMAIL,)),
        step_up(Step.BLOCKED, "no route", routes=()),
        step_up(Step.ANSWER, "to bind, though not demanded", binding=True, demanded=False),
        step_up(
            Step.ANSWER, "to bind, though it is off", binding=True, enforcement=Enforcement.OFF
        ),
        step_up(Step.BLOCKED, "to bind, no route", binding=True, demanded=False, routes=()),
        step_up(Step.START_OVER, "to bind, rescued: the password", binding=True, rescued=True),
        step_up(Step.ANSWER, "a pass does not help", by_pass=True),
        step_up(Step.BLOCKED, "a mailbox does not help", routes=(), mailbox_proven=True),
    ],
)
def test_step_up_uses_same_steps_without_enrollment(known, step):
    assert next_step(known) is step


@pytest.mark.parametrize(
    ("known", "alone"),
    [
        ({"ever_bound": True}, False),
        ({"ever_bound": False}, True),
        ({"ever_bound": True, "demanded": False}, True),
        ({"ever_bound": True, "enforcement": Enforcement.OFF}, True),
        ({"ever_bound": True, "enforcement": Enforcement.OPTIONAL}, False),
        ({"ever_bound": True, "rescued": True}, False),
        ({"ever_bound": False, "binding": True}, True),
        ({"ever_bound": True, "binding": True, "demanded": False}, False),
        ({"ever_bound": True, "binding": True, "enforcement": Enforcement.OFF}, False),
        ({"ever_bound": True, "binding": True, "rescued": True}, True),
    ],
)
def test_password_is_enough_if_no_factor_was_added_or_required(known, alone):
    assert facts(**known).by_password is alone


def reset(step, name, **known):
    return row(
        step, name, **{"purpose": Purpose.RESET, "ever_bound": True, "routes": (TEXT,)} | known
    )


@pytest.mark.parametrize(
    ("known", "step"),
    [
        reset(Step.START_OVER, "dead", alive=False, proof=Proof.ANSWER),
        reset(Step.ENTER, "answered", proof=Proof.ANSWER),
        reset(Step.ENTER, "not demanded", demanded=False),
        reset(Step.ENTER, "off", enforcement=Enforcement.OFF),
        reset(Step.ENTER, "never bound", ever_bound=False, routes=()),
        reset(Step.ENTER, "the link has proven the only mailbox", routes=(EMAIL,)),
        reset(Step.ENTER, "and one of two", routes=(ELSEWHERE, LINKED)),
        reset(Step.ANSWER, "it proves no other mailbox", routes=(ELSEWHERE,)),
        reset(Step.ANSWER, "nor a phone beside it", routes=(TEXT, LINKED)),
        reset(Step.ENTER, "a pass beside the link", by_pass=True, routes=()),
        reset(Step.ENTER, "a pass, though support reset", by_pass=True, was_reset=True),
        reset(Step.ANSWER, "to the recovery email", by_recovery_email=True),
        reset(Step.ENTER, "it and a code", by_recovery_email=True, proof=Proof.ANSWER),
        reset(Step.ENTER, "it and a pass", by_recovery_email=True, by_pass=True, routes=()),
        reset(Step.CHOOSE, "it is no code", by_recovery_email=True, routes=(EMAIL,)),
        reset(Step.START_OVER, "it and MFA off", by_recovery_email=True, demanded=False),
        reset(Step.WAIT, "locked", locked=True),
        reset(Step.ANSWER, "a route"),
        reset(Step.ANSWER, "a route beside the mailbox", routes=ALL),
        reset(Step.ANSWER, "trusted is no proof", trusted=True),
        reset(Step.ANSWER, "enrolled is no proof", proof=Proof.ENROLLED),
        reset(Step.CHOOSE, "asked to choose", choosing=True),
        reset(Step.BLOCKED, "no route", routes=()),
        reset(Step.BLOCKED, "a mailbox does not help", routes=(), mailbox_proven=True),
        reset(Step.BLOCKED, "nothing is recovered", routes=(), recovery_allowed=True),
        reset(Step.BLOCKED, "support reset it, not demanded", was_reset=True, demanded=False),
        reset(Step.BLOCKED, "support reset it, paused", was_reset=True, rescued=True),
        reset(Step.BLOCKED, "support reset it, email only", was_reset=True, routes=(EMAIL,)),
        reset(Step.START_OVER, "support reset it, dead", was_reset=True, alive=False),
    ],
)
def test_reset_needs_factor_and_enrolls_nothing(known, step):
    """RV-02, EM-07."""
    assert next_step(known) is step
