"""Brakes: what all people share, started by fraud, told to administrators, lifted by them."""

from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa import brakes, challenges, counters, limits
from mfa.challenges import Target
from mfa.conversion import COUNTRY
from mfa.counters import TooMany
from mfa.limits import DAY, HOUR, MINUTE
from mfa.models import (
    AccountPolicy,
    AuditEvent,
    Brake,
    Challenge,
    Delivery,
    Event,
    OutboxMessage,
    Purpose,
)
from mfa.origin import Origin
from mfa.rules.routes import ChannelName
from tests.conftest import NOON, give_phone, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]

HERE = Origin("198.51.100.1", "Firefox")
BLOCK, NUMBER = "+447546123", "+447546123456"
ELSEWHERE = "+447797712345"


def ask(user: User, number: str = NUMBER, *, purpose: Purpose = Purpose.ENROLL) -> Challenge:
    person = User.objects.get(pk=user.pk)
    target = Target(channel=ChannelName.SMS, address=number)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(person, target, purpose=purpose, nonce="session", origin=HERE)


def refusal(user: User, number: str = NUMBER) -> TooMany:
    with pytest.raises(TooMany) as caught:
        ask(user, number)
    return caught.value


def asked_before(
    texts: int,
    confirmed: int = 0,
    *,
    ago: timedelta = 10 * MINUTE,
    accounts: int = 10,
    networks: int = 5,
    blocks: int = 5,
    **more: str,
) -> list[User]:
    """Texts to new numbers, and how many of them led to a confirmed one; return who asked."""
    now = timezone.now()
    people = [User(email=f"fresh{n}@example.org") for n in range(accounts)]
    people = User.objects.bulk_create(people)
    Challenge.objects.bulk_create(
        Challenge(
            user=people[n % accounts],
            purpose=Purpose.ENROLL,
            channel="sms",
            target=f"+44779770{n % blocks}{n:03}",
            network=f"203.0.{n % networks}.0/24",
            browser="x",
            key="x",
            created_at=now - ago,
            expires_at=now,
            resend_at=now,
            passed_at=now if n < confirmed else None,
            **{"new_in": "GB", **more},
        )
        for n in range(texts)
    )
    return people


def mails(user: User) -> list[str]:
    return list(OutboxMessage.objects.filter(target=user.email).values_list("subject", flat=True))


@pytest.fixture
def braked(bob: User, root: User) -> User:
    """Bob, whose block five strangers have filled, and who has just been refused."""
    for n in range(5):
        ask(make_user(f"p{n}@example.org"), f"{BLOCK}{n}00")
    with TestCase.captureOnCommitCallbacks(execute=True):
        refusal(bob)
    return bob


def test_a_block_is_held_for_twelve_hours(clock: time_machine.Traveller, braked: User) -> None:
    assert refusal(braked).until == NOON + 12 * HOUR
    clock.move_to(NOON + 12 * HOUR - timedelta(seconds=1))
    refusal(braked)
    clock.move_to(NOON + 12 * HOUR)
    ask(braked)


def test_the_alert_names_the_start_of_the_numbers(braked: User, root: User) -> None:
    (subject,) = mails(root)
    assert subject == f"Acme Portal: no texts to new numbers {BLOCK}…"
    body = OutboxMessage.objects.get(target=root.email).body
    assert f"{BLOCK}…" in body
    assert "12 hours" in body
    assert NUMBER not in body


def test_it_is_told_once(braked: User, root: User) -> None:
    for _ in range(3):
        refusal(braked)
    assert len(mails(root)) == 1


def test_neighbors_of_the_block_are_not_held(braked: User) -> None:
    ask(braked, "+447546129456")


def test_a_confirmed_number_of_the_block_gets_its_code(braked: User) -> None:
    user = make_user("owner@example.org")
    give_phone(user, NUMBER)
    ask(user, purpose=Purpose.LOGIN)
    assert OutboxMessage.objects.filter(target=NUMBER).exists()


def test_a_lifted_brake_vouches_for_its_block_until_its_end(
    clock: time_machine.Traveller, braked: User, root: User
) -> None:
    brakes.lift(Brake.objects.get(), root, origin=HERE)
    for n in range(8):
        ask(make_user(f"q{n}@example.org"), f"{BLOCK}5{n}0")
    ask(braked)
    assert Brake.objects.get().lifted_by == root
    clock.move_to(NOON + 12 * HOUR)
    for n in range(5):
        ask(make_user(f"r{n}@example.org"), f"{BLOCK}6{n}0")
    refusal(make_user("last@example.org"), f"{BLOCK}700")
    assert Brake.objects.get().lifted_at is None


def test_lifting_is_recorded_once(braked: User, root: User) -> None:
    brake = Brake.objects.get()
    brakes.lift(brake, root, origin=HERE)
    brakes.lift(brake, root, origin=HERE)
    event = AuditEvent.objects.get(event=Event.BRAKE_LIFTED)
    assert (event.user, event.details) == (root, {"scope": BLOCK})


def test_ten_in_neighboring_blocks_hold_all_ten_thousand(bob: User) -> None:
    for n in range(10):
        ask(make_user(f"p{n}@example.org"), f"+44754612{n}000")
    refusal(bob)
    assert [brake.scope for brake in Brake.objects.all()] == ["+44754612"]


def test_one_person_who_asks_too_often_holds_nobody(bob: User) -> None:
    for session in range(5):
        with TestCase.captureOnCommitCallbacks(execute=True):
            challenges.issue(
                bob,
                Target(channel=ChannelName.SMS, address=NUMBER),
                purpose=Purpose.ENROLL,
                nonce=str(session),
                origin=HERE,
            )
    refusal(bob)
    assert not Brake.objects.exists()


@pytest.mark.parametrize(
    ("texts", "confirmed", "low"),
    [
        (19, 0, False),
        (20, 0, True),
        (20, 5, True),
        (20, 6, False),
        (100, 29, True),
        (100, 30, False),
    ],
)
def test_a_country_needs_three_of_ten_confirmed_from_twenty_texts_on(
    texts: int, confirmed: int, low
) -> None:
    assert COUNTRY.is_low(texts, confirmed) is low


def test_a_country_that_hardly_confirms_is_closed_to_new_numbers_for_a_day(
    clock: time_machine.Traveller, bob: User, root: User
) -> None:
    asked_before(20, 5)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert refusal(bob).until == NOON + DAY
    assert mails(root) == ["Acme Portal: no texts to new numbers in United Kingdom"]
    clock.move_to(NOON + DAY)
    ask(bob)


@pytest.mark.parametrize("few", [{"accounts": 9}, {"networks": 4}, {"blocks": 4}])
def test_a_country_is_stopped_only_by_many_accounts_networks_and_blocks(
    bob: User, few: dict[str, int]
) -> None:
    """S09."""
    asked_before(36, **few)
    ask(bob)
    assert not Brake.objects.exists()


def test_two_fresh_accounts_are_stopped_and_not_their_country(
    clock: time_machine.Traveller, root: User, bob: User
) -> None:
    """S09: they text four numbers twenty times."""
    fresh = asked_before(20, accounts=2, networks=1, blocks=4)
    with TestCase.captureOnCommitCallbacks(execute=True):
        for person in fresh:
            assert refusal(person, "+447700900555").until == NOON + 12 * HOUR
    ask(bob)
    scopes = {brake.scope for brake in Brake.objects.all()}
    assert scopes == {brakes.of_person(person) for person in fresh}
    first, _second = mails(root)
    assert first.startswith("Acme Portal: no texts to new numbers from account no. ")
    clock.move_to(NOON + 12 * HOUR)
    ask(fresh[0], ELSEWHERE)


def test_account_that_asks_from_many_networks_is_stopped(bob: User) -> None:
    """S09: each on its own."""
    [fresh] = asked_before(8, accounts=1, networks=8, blocks=8)
    refusal(fresh, "+447700900555")
    ask(bob)


@pytest.mark.parametrize(("texts", "confirmed"), [(7, 0), (8, 3)])
def test_account_that_asks_seldom_or_confirms_is_not_stopped(texts: int, confirmed: int) -> None:
    [fresh] = asked_before(texts, confirmed, accounts=1)
    ask(fresh, ELSEWHERE)


def test_network_of_many_accounts_is_stopped_and_not_their_country(root: User, bob: User) -> None:
    """S09: fresh accounts behind one /24."""
    asked_before(36, accounts=36, networks=1)
    Challenge.objects.update(network=HERE.neighborhood)
    with TestCase.captureOnCommitCallbacks(execute=True):
        refusal(bob)
    assert [brake.scope for brake in Brake.objects.all()] == ["network:198.51.100.0/24"]
    assert mails(root) == ["Acme Portal: no texts to new numbers from network 198.51.100.0/24"]
    person = User.objects.get(pk=bob.pk)
    target = Target(channel=ChannelName.SMS, address=NUMBER)
    elsewhere = Origin("203.0.113.9", "Firefox")
    challenges.issue(person, target, purpose=Purpose.ENROLL, nonce="other", origin=elsewhere)


def test_office_whose_people_confirm_is_not_stopped(bob: User) -> None:
    asked_before(36, 18, accounts=36, networks=1)
    Challenge.objects.update(network=HERE.neighborhood)
    ask(bob)


def test_a_lifted_account_may_ask_again(root: User) -> None:
    [fresh] = asked_before(8, accounts=1)
    refusal(fresh, ELSEWHERE)
    brakes.lift(Brake.objects.get(), root, origin=HERE)
    ask(fresh, ELSEWHERE)


def test_a_country_that_confirms_is_open(bob: User) -> None:
    asked_before(20, 6)
    ask(bob)


@pytest.mark.parametrize("ago", [MINUTE, HOUR + MINUTE])
def test_what_is_too_new_to_be_confirmed_or_too_old_tells_nothing(
    bob: User, ago: timedelta
) -> None:
    """A class that enrolls at once must not look like fraud."""
    asked_before(50, ago=ago)
    ask(bob)


def test_other_countries_stay_open(bob: User, policy: AccountPolicy) -> None:
    policy.enroll_countries = ["GB", "FR"]
    policy.save()
    asked_before(50, new_in="FR")
    refusal(bob, "+33612345678")
    ask(bob)


def test_a_provider_out_of_order_closes_no_country(bob: User) -> None:
    asked_before(50)
    Delivery.objects.bulk_create(
        Delivery(
            user=bob,
            challenge=challenge,
            message="code",
            channel="sms",
            target="+447797700000",
            state=Delivery.State.FAILED,
            created_at=NOON,
        )
        for challenge in Challenge.objects.all()
    )
    ask(bob)


def test_a_lifted_country_is_judged_again_after_its_day(bob: User, root: User) -> None:
    asked_before(20)
    refusal(bob)
    brakes.lift(Brake.objects.get(), root, origin=HERE)
    ask(bob)


def test_a_sixth_person_with_one_number_is_looked_at_and_told_nothing(
    bob: User, root: User
) -> None:
    """PS-05."""
    for n in range(5):
        give_phone(make_user(f"p{n}@example.org"), NUMBER)
    with TestCase.captureOnCommitCallbacks(execute=True):
        refusal(bob)
    assert mails(root) == ["Acme Portal: one number for many people"]
    body = OutboxMessage.objects.get(target=root.email).body
    assert bob.email in body
    assert NUMBER not in body
    assert not Challenge.objects.exists()


def test_five_people_share_a_number_and_one_of_them_may_confirm_it_again(bob: User) -> None:
    """PS-05."""
    for n in range(4):
        give_phone(make_user(f"p{n}@example.org"), NUMBER)
    ask(bob)
    give_phone(bob, NUMBER)
    ask(bob, purpose=Purpose.CHANGE)


def test_who_gave_the_number_up_counts_no_more(bob: User) -> None:
    for n in range(5):
        give_phone(make_user(f"p{n}@example.org"), NUMBER)
    Brake.objects.all().delete()
    User.objects.get(email="p0@example.org").factors.update(revoked_at=NOON)
    ask(bob)


def test_the_days_texts_to_new_numbers_end(bob: User, policy: AccountPolicy) -> None:
    policy.texts_a_day = 3
    policy.save()
    for n in range(3):
        ask(make_user(f"p{n}@example.org"), f"+4475{n}6123456")
    assert refusal(bob, ELSEWHERE).over[0].limit.name == "new-texts"
    assert not Brake.objects.exists()


def test_a_country_abroad_has_a_day_of_its_own(bob: User, policy: AccountPolicy) -> None:
    policy.enroll_countries = ["GB", "FR"]
    policy.save()
    for _ in range(limits.NEW_PER_COUNTRY.most):
        counters.take([limits.NEW_PER_COUNTRY.of("FR")])
        counters.take([limits.NEW_PER_COUNTRY.of("GB")])
    refusal(bob, "+33612345678")
    ask(bob)


@pytest.mark.parametrize(
    ("used", "subjects"),
    [
        (249, []),
        (250, ["Acme Portal: half of the texts of the day are used up"]),
        (500, ["Acme Portal: the texts of the day are used up"]),
    ],
)
def test_half_of_the_texts_and_the_last_one_are_told(
    root: User, used: int, subjects: list[str]
) -> None:
    for _ in range(used):
        counters.count(limits.NEW_TEXTS.of("site"))
    for _ in range(3):
        with TestCase.captureOnCommitCallbacks(execute=True):
            brakes.watch()
    assert mails(root) == subjects


def test_the_texts_of_confirmed_numbers_are_told_apart(root: User, policy: AccountPolicy) -> None:
    policy.texts_a_day = 1
    policy.save()
    for _ in range(5):
        counters.count(limits.KNOWN_TEXTS.of("site"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        brakes.watch()
    body = OutboxMessage.objects.get(target=root.email).body
    assert "5 of 10" in body
    assert "nobody gets a code by text" in body


def test_refusals_fill_no_table(bob: User) -> None:
    Brake.objects.create(scope=BLOCK, started_at=NOON, until=NOON + HOUR)
    for _ in range(30):
        refusal(bob)
    assert AuditEvent.objects.filter(event=Event.CODE_REFUSED).count() == 20
