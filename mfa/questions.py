"""What a walk asks, and what the answers prove."""

from typing import assert_never

from django.core.exceptions import PermissionDenied
from django.db import transaction

from mfa import answers, challenges, counters, factors, notices, recovery, totp
from mfa.answers import Answer, Judgement
from mfa.challenges import Target
from mfa.models import Challenge, Event, Factor, Purpose
from mfa.rules.routes import AAL, MESSAGING, STRONG, ChannelName
from mfa.rules.steps import Proof
from mfa.totp import NewApp
from mfa.walk import Walk


def ask(walk: Walk) -> None:
    """Ask by the walk's route; over a limit the page says so and offers the other ways."""
    route = walk.facts.route
    if route is None or route.channel not in MESSAGING:
        return
    factor = walk.factor(route.factor)
    address = factor.target if factor else walk.user.email
    try:
        _issue(walk, Target(channel=route.channel, address=address, factor=factor), walk.purpose)
    except counters.TooMany as refusal:
        walk.pending.challenge = ""
        walk.pending.refused_until = refusal.until.timestamp()
        walk.pending.save(walk.request.session)


def ask_number(walk: Walk, number: str) -> None:
    """Text a code to a number that the person would enroll. Raises TooMany."""
    target = Target(channel=ChannelName.SMS, address=number)
    _issue(walk, target, Purpose.ENROLL)


def ask_mailbox(walk: Walk) -> None:
    """Email the code that opens a new enrollment, or repeat it (EM-03). Raises TooMany."""
    if walk.challenge(Purpose.RECOVER):
        resend(walk, Purpose.RECOVER)
    else:
        target = Target(channel=ChannelName.EMAIL, address=walk.user.email)
        _issue(walk, target, Purpose.RECOVER)


def resend(walk: Walk, purpose: Purpose) -> None:
    """Repeat the walk's question. Raises TooMany before its time."""
    challenge = walk.challenge(purpose)
    if challenge is None:
        if purpose is walk.purpose:
            ask(walk)
        return
    repeated = challenges.resend(challenge, walk.user, nonce=walk.pending.nonce, origin=walk.origin)
    _keep(walk, repeated)


def answer(walk: Walk, typed: str, purpose: Purpose) -> Judgement:
    """Judge six digits; the right ones prove the walk, and a new number becomes the phone."""
    if purpose is walk.purpose and (app := walk.app):
        return _answer_by(app, walk, typed)
    challenge = walk.challenge(purpose)
    if challenge is None:
        return Judgement(Answer.EXPIRED)
    judgement = answers.judge(
        challenge,
        walk.user,
        typed,
        nonce=walk.pending.nonce,
        origin=walk.origin,
        own=walk.pending.wrong_answers,
    )
    if judgement.answer is Answer.RIGHT:
        _prove(walk, challenge)
    return _noted(walk, judgement)


def add_app(walk: Walk, new: NewApp, typed: str, name: str) -> Judgement:
    """Bind an app as the first factor, if the code is its own. Raises TooMany."""
    with transaction.atomic():
        judgement = totp.add(walk.user, new, typed, name=name, origin=walk.origin)
        if judgement.answer is Answer.RIGHT:
            walk.pending.channel = ChannelName.APP
            _enrolled(walk)
    return judgement


def spend_code(walk: Walk, code: str) -> Judgement:
    """Judge a recovery code; a right one proves the walk. Raises TooMany."""
    judgement = recovery.spend(walk.user, code, origin=walk.origin, own=walk.pending.wrong_answers)
    if judgement.answer is Answer.RIGHT:
        walk.pending.proof, walk.pending.channel = Proof.ANSWER, ChannelName.RECOVERY_CODES
    return _noted(walk, judgement)


def make_codes(walk: Walk) -> list[str] | None:
    """Make recovery codes for a walk that has proven as much as they will (LK-01).

    None when another session was first. Raises TooMany, and PermissionDenied after a mere mailbox.
    """
    if AAL[ChannelName(walk.pending.channel)] < STRONG:
        raise PermissionDenied
    codes = recovery.make(walk.user, origin=walk.origin)
    # The new set raised the epoch: this walk goes on, all others end.
    walk.pending.session_hash = walk.user.get_session_auth_hash()
    walk.pending.save(walk.request.session)
    return codes


def _answer_by(app: Factor, walk: Walk, typed: str) -> Judgement:
    judgement = totp.judge(
        walk.user, app, typed, origin=walk.origin, own=walk.pending.wrong_answers
    )
    if judgement.answer is Answer.RIGHT:
        walk.pending.proof, walk.pending.channel = Proof.ANSWER, ChannelName.APP
    return _noted(walk, judgement)


def _noted(walk: Walk, judgement: Judgement) -> Judgement:
    """Count the session's own wrong answers: its right one takes back these alone (LG-01)."""
    match judgement.answer:
        case Answer.WRONG | Answer.REPLACED | Answer.LOCKED:
            walk.pending.wrong_answers += 1
            walk.pending.save(walk.request.session)
        case Answer.RIGHT | Answer.EXPIRED | Answer.SPENT:
            pass
        case _:
            assert_never(judgement.answer)
    return judgement


def _issue(walk: Walk, target: Target, purpose: Purpose) -> None:
    issued = challenges.issue(
        walk.user,
        target,
        purpose=purpose,
        nonce=walk.pending.nonce,
        origin=walk.origin,
        asked_before=walk.asked_before,
    )
    _keep(walk, issued)


def _keep(walk: Walk, challenge: Challenge) -> None:
    walk.pending.challenge = str(challenge.pk)
    walk.pending.asked_by = challenge.channel
    walk.pending.refused_until = 0.0
    walk.pending.save(walk.request.session)


def _prove(walk: Walk, challenge: Challenge) -> None:
    if challenge.purpose == Purpose.RECOVER:
        # It opens an enrollment and proves nothing else: not even the first level (EM-03).
        walk.pending.mailbox_proven = True
        number = factors.last_number(walk.user)
        first = int(walk.user.ever_bound_at is None)
        notices.tell(
            Event.MAILBOX_PROVEN, walk.user, origin=walk.origin, old_number=number, first=first
        )
        return
    walk.pending.channel = challenge.channel
    if challenge.purpose != Purpose.ENROLL:
        walk.pending.proof = Proof.ANSWER
        return
    with transaction.atomic():
        if factors.set_phone(walk.user, challenge.target, origin=walk.origin):
            _enrolled(walk)


def _enrolled(walk: Walk) -> None:
    """Go on with the new factor; the lost ones end in its transaction."""
    walk.pending.proof = Proof.ENROLLED
    if walk.pending.lost:
        factors.end_former(walk.user)
    # The new factor raised the epoch: this walk goes on, all others end.
    walk.pending.session_hash = walk.user.get_session_auth_hash()
