"""Send blocks: started by fraud, reported to administrators, lifted by them."""

from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa import challenges
from mfa.challenges import Target
from mfa.client import Client
from mfa.fraud import blocks
from mfa.fraud.conversion import COUNTRY
from mfa.limits import counters, table as limits
from mfa.limits.base import DAY, HOUR, MINUTE
from mfa.limits.counters import TooMany
from mfa.models import (
    AuditEvent,
    Challenge,
    Delivery,
    Event,
    OutboxMessage,
    SendBlock,
    SitePolicy,
)
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.conftest import NOON, give_phone, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]

HERE = Client("198.51.100.1", "Firefox")
BLOCK, NUMBER = "+447546123", "+447546123456"
ELSEWHERE = "+447797712345"


def ask(user: User, number: str = NUMBER, *, purpose: Purpose = Purpose.ENROLL) -> Challenge:
    person = User.objects.get(pk=user.pk)
    target = Target(channel=ChannelName.SMS, address=number)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(person, target, purpose=purpose, nonce="session", client=HERE)


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
    """Add texts to new numbers, some of them confirmed. Return the people who asked."""
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
    """Bob, whose number's block reached the limit, and who was just refused."""
    for n in range(5):
        ask(make_user(f"p{n}@example.org"), f"{BLOCK}{n}00")
    with TestCase.captureOnCommitCallbacks(execute=True):
        refusal(bob)
    return bob


def test_send_block_lasts_twelve_hours(clock: time_machine.Traveller, braked: User) -> None:
    assert refusal(braked).until == NOON + 12 * HOUR
    clock.move_to(NOON + 12 * HOUR - timedelta(seconds=1))
    refusal(braked)
    clock.move_to(NOON + 12 * HOUR)
    ask(braked)


def test_alert_names_prefix(braked: User, root: User) -> None:
    (subject,) = mails(root)
    assert subject == f"Acme Portal: texts to new numbers stopped ({BLOCK}…)"
    body = OutboxMessage.objects.get(target=root.email).body
    assert f"{BLOCK}…" in body
    assert "12 hours" in body
    assert NUMBER not in body


def test_send_block_is_reported_once(braked: User, root: User) -> None:
    for _ in range(3):
        refusal(braked)
    assert len(mails(root)) == 1


def test_neighboring_blocks_are_not_blocked(braked: User) -> None:
    ask(braked, "+447546129456")


def test_confirmed_number_of_block_gets_its_code(braked: User) -> None:
    user = make_user("owner@example.org")
    give_phone(user, NUMBER)
    ask(user, purpose=Purpose.LOGIN)
    assert OutboxMessage.objects.filter(target=NUMBER).exists()


def test_lifted_send_block_allows_its_numbers_until_its_end(
    clock: time_machine.Traveller, braked: User, root: User
) -> None:
    blocks.lift(SendBlock.objects.get(), root, client=HERE)
    for n in range(8):
        ask(make_user(f"q{n}@example.org"), f"{BLOCK}5{n}0")
    ask(braked)
    assert SendBlock.objects.get().lifted_by == root
    clock.move_to(NOON + 12 * HOUR)
    for n in range(5):
        ask(make_user(f"r{n}@example.org"), f"{BLOCK}6{n}0")
    refusal(make_user("last@example.org"), f"{BLOCK}700")
    assert SendBlock.objects.get().lifted_at is None


def test_lifting_is_recorded_once(braked: User, root: User) -> None:
    block = SendBlock.objects.get()
    blocks.lift(block, root, client=HERE)
    blocks.lift(block, root, client=HERE)
    event = AuditEvent.objects.get(event=Event.BRAKE_LIFTED)
    assert (event.user, event.details) == (root, {"scope": BLOCK})


def test_ten_texts_in_neighboring_blocks_block_ten_thousand_numbers(bob: User) -> None:
    for n in range(10):
        ask(make_user(f"p{n}@example.org"), f"+44754612{n}000")
    refusal(bob)
    assert [block.scope for block in SendBlock.objects.all()] == ["+44754612"]


def test_many_requests_of_one_person_block_no_one(bob: User) -> None:
    for session in range(5):
        with TestCase.captureOnCommitCallbacks(execute=True):
            challenges.issue(
                bob,
                Target(channel=ChannelName.SMS, address=NUMBER),
                purpose=Purpose.ENROLL,
                nonce=str(session),
                client=HERE,
            )
    refusal(bob)
    assert not SendBlock.objects.exists()


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
def test_country_needs_30_percent_confirmed_from_twenty_texts(
    texts: int, confirmed: int, low
) -> None:
    assert COUNTRY.is_low(texts, confirmed) is low


def test_country_with_few_confirmations_is_closed_for_a_day(
    clock: time_machine.Traveller, bob: User, root: User
) -> None:
    asked_before(20, 5)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert refusal(bob).until == NOON + DAY
    assert mails(root) == ["Acme Portal: texts to new numbers stopped (United Kingdom)"]
    clock.move_to(NOON + DAY)
    ask(bob)


@pytest.mark.parametrize("few", [{"accounts": 9}, {"networks": 4}, {"blocks": 4}])
def test_country_is_closed_only_by_many_accounts_networks_and_blocks(
    bob: User, few: dict[str, int]
) -> None:
    """S09."""
    asked_before(36, **few)
    ask(bob)
    assert not SendBlock.objects.exists()


def test_two_new_accounts_are_blocked_but_not_their_country(
    clock: time_machine.Traveller, root: User, bob: User
) -> None:
    """S09: they text four numbers twenty times."""
    fresh = asked_before(20, accounts=2, networks=1, blocks=4)
    with TestCase.captureOnCommitCallbacks(execute=True):
        for person in fresh:
            assert refusal(person, "+447700900555").until == NOON + 12 * HOUR
    ask(bob)
    scopes = {block.scope for block in SendBlock.objects.all()}
    assert scopes == {blocks.of_person(person) for person in fresh}
    first, _second = mails(root)
    assert first.startswith("Acme Portal: texts to new numbers stopped (account no. ")
    clock.move_to(NOON + 12 * HOUR)
    ask(fresh[0], ELSEWHERE)


def test_account_on_many_networks_is_blocked(bob: User) -> None:
    """S09: each separately."""
    [fresh] = asked_before(8, accounts=1, networks=8, blocks=8)
    refusal(fresh, "+447700900555")
    ask(bob)


@pytest.mark.parametrize(("texts", "confirmed"), [(7, 0), (8, 3)])
def test_account_with_few_texts_or_confirmations_is_not_blocked(texts: int, confirmed: int) -> None:
    [fresh] = asked_before(texts, confirmed, accounts=1)
    ask(fresh, ELSEWHERE)


def test_network_of_many_accounts_is_blocked_but_not_their_country(root: User, bob: User) -> None:
    """S09: new accounts behind one /24."""
    asked_before(36, accounts=36, networks=1)
    Challenge.objects.update(network=HERE.neighborhood)
    with TestCase.captureOnCommitCallbacks(execute=True):
        refusal(bob)
    assert [block.scope for block in SendBlock.objects.all()] == ["network:198.51.100.0/24"]
    assert mails(root) == ["Acme Portal: texts to new numbers stopped (network 198.51.100.0/24)"]
    person = User.objects.get(pk=bob.pk)
    target = Target(channel=ChannelName.SMS, address=NUMBER)
    elsewhere = Client("203.0.113.9", "Firefox")
    challenges.issue(person, target, purpose=Purpose.ENROLL, nonce="other", client=elsewhere)


def test_office_with_confirmations_is_not_blocked(bob: User) -> None:
    asked_before(36, 18, accounts=36, networks=1)
    Challenge.objects.update(network=HERE.neighborhood)
    ask(bob)


def test_lifted_account_can_request_texts(root: User) -> None:
    [fresh] = asked_before(8, accounts=1)
    refusal(fresh, ELSEWHERE)
    blocks.lift(SendBlock.objects.get(), root, client=HERE)
    ask(fresh, ELSEWHERE)


def test_country_with_entered_codes_stays_open(bob: User) -> None:
    asked_before(20, 6)
    ask(bob)


@pytest.mark.parametrize("ago", [MINUTE, HOUR + MINUTE])
def test_very_new_and_old_texts_do_not_count(bob: User, ago: timedelta) -> None:
    """A class that enrolls together must not look like fraud."""
    asked_before(50, ago=ago)
    ask(bob)


def test_other_countries_stay_open(bob: User, policy: SitePolicy) -> None:
    policy.enroll_countries = ["GB", "FR"]
    policy.save()
    asked_before(50, new_in="FR")
    refusal(bob, "+33612345678")
    ask(bob)


def test_provider_outage_does_not_close_country(bob: User) -> None:
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


def test_unblocked_country_is_checked_again_after_a_day(bob: User, root: User) -> None:
    asked_before(20)
    refusal(bob)
    blocks.lift(SendBlock.objects.get(), root, client=HERE)
    ask(bob)


def test_sixth_person_with_a_number_is_refused_silently_and_reported(bob: User, root: User) -> None:
    """PS-05."""
    for n in range(5):
        give_phone(make_user(f"p{n}@example.org"), NUMBER)
    with TestCase.captureOnCommitCallbacks(execute=True):
        refusal(bob)
    assert mails(root) == ["Acme Portal: one phone number for many people"]
    body = OutboxMessage.objects.get(target=root.email).body
    assert bob.email in body
    assert NUMBER not in body
    assert not Challenge.objects.exists()


def test_one_of_five_people_sharing_a_number_can_confirm_it_again(bob: User) -> None:
    """PS-05."""
    for n in range(4):
        give_phone(make_user(f"p{n}@example.org"), NUMBER)
    ask(bob)
    give_phone(bob, NUMBER)
    ask(bob, purpose=Purpose.CHANGE)


def test_former_owner_of_number_does_not_count(bob: User) -> None:
    for n in range(5):
        give_phone(make_user(f"p{n}@example.org"), NUMBER)
    SendBlock.objects.all().delete()
    User.objects.get(email="p0@example.org").factors.update(status="revoked")
    ask(bob)


def test_daily_budget_of_new_numbers_ends(bob: User, policy: SitePolicy) -> None:
    policy.texts_a_day = 3
    policy.save()
    for n in range(3):
        ask(make_user(f"p{n}@example.org"), f"+4475{n}6123456")
    assert refusal(bob, ELSEWHERE).over[0].limit.name == "new-texts"
    assert not SendBlock.objects.exists()


def test_foreign_country_has_its_own_daily_limit(bob: User, policy: SitePolicy) -> None:
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
        (250, ["Acme Portal: half of the daily text limit used"]),
        (500, ["Acme Portal: daily text limit reached"]),
    ],
)
def test_half_and_full_budget_are_reported(root: User, used: int, subjects: list[str]) -> None:
    for _ in range(used):
        counters.count(limits.NEW_TEXTS.of("site"))
    for _ in range(3):
        with TestCase.captureOnCommitCallbacks(execute=True):
            blocks.watch()
    assert mails(root) == subjects


def test_budget_of_confirmed_numbers_is_reported_separately(root: User, policy: SitePolicy) -> None:
    policy.texts_a_day = 1
    policy.save()
    for _ in range(5):
        counters.count(limits.KNOWN_TEXTS.of("site"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        blocks.watch()
    body = OutboxMessage.objects.get(target=root.email).body
    assert "5 of 10" in body
    assert "no one gets codes by text" in body


def test_refusals_do_not_fill_the_audit(bob: User) -> None:
    SendBlock.objects.create(scope=BLOCK, started_at=NOON, until=NOON + HOUR)
    for _ in range(30):
        refusal(bob)
    assert AuditEvent.objects.filter(event=Event.CODE_REFUSED).count() == 20
