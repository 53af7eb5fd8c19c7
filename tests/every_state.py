"""People in every state that a login can find them in, and organizations with different rules."""

import random
from datetime import datetime, timedelta

from django.contrib.auth.models import Group

from accounts.models import Membership, Organization, User
from mfa.models import Factor, Pause, Session, Status
from tests.organizations import MANAGER, organization, settings

NUMBERS = ("+447700900%03d", "+12025550%03d", "+12042345%03d", "+390612345%03d", "+77012345%03d")


def organizations(now: datetime) -> list[Organization]:
    """Return a partner with clients, and companies with rules of their own."""
    partner = organization("Partner", enforcement="required", methods=["app", "recovery_codes"])
    settings(partner.for_clients, enforcement="optional", most_skips=2)
    return [
        partner,
        organization("Client", partner, enroll_again_from=now - timedelta(days=5)),
        organization("Second client", partner, enforcement="off"),
        organization("Clinic", enforcement="optional", skips_from=now - timedelta(days=2)),
        organization("Shop", enforcement="off", email_codes="recovery"),
        organization("Shop two", enforcement="off", email_codes="recovery"),
        organization("Club", methods=["email"]),
        organization("School", methods=["phone", "email"], email_codes="off"),
        organization("Bank", methods=["phone"], text_countries=["GB", "US"], email_codes="off"),
        organization("Office", weaker_ways="refuse", email_codes="recovery"),
        organization("Silent"),
        organization("Vault", passkeys_from=now - timedelta(days=1), backup=True),
    ]


def people(number: int, seed: int, companies: list[Organization], now: datetime) -> None:
    """Create them by row, each with a random mix of states."""
    chance = random.Random(seed)
    pilots = Group.objects.get_or_create(name="Pilots")[0]
    closed = organization(f"Closed {seed}", enforcement="required")
    Organization.objects.filter(pk=closed.pk).update(is_active=False)

    def often(share: float) -> bool:
        return chance.random() < share

    def some_day(most: int = 60) -> datetime:
        return now - timedelta(days=chance.randrange(1, most), hours=1)

    for index in range(number):
        staff = often(0.1)
        email = f"p{seed}-{index}@example.org"
        factors = _factors(chance, index, email, now)
        kinds = {factor.kind for factor in factors}
        user = User.objects.create(
            email=email,
            password="!" if often(0.2) else "argon2$x",
            is_active=not often(0.08),
            is_staff=staff,
            is_superuser=often(0.3 if staff else 0.01),
            last_login=some_day() if often(0.6) else None,
            date_joined=some_day(),
            ever_bound_at=some_day() if factors or often(0.2) else None,
            only_email_since=some_day() if factors and kinds == {Factor.Kind.EMAIL} else None,
            reset_at=some_day() if often(0.08) else None,
            recovery_ready_at=now + timedelta(days=index % 12 - 9) if index % 7 == 0 else None,
            skipped_at=some_day(6) if often(0.4) else None,
            skips=chance.randrange(4),
            wrong_answers=chance.choice((0, 0, 3, 100)),
            wrong_answer_at=now - timedelta(hours=chance.choice((1, 30))),
            mailbox_rests_until=now + timedelta(hours=5) if often(0.1) else None,
            email_changed_at=some_day(12) if often(0.1) else None,
            wait_until=now + timedelta(minutes=5) if often(0.05) else None,
            registered_at=(registered := some_day() if often(0.15) else None),
            mailbox_proven_at=registered,
            valid_from=now + timedelta(days=1) if often(0.03) else None,
            valid_until=now - timedelta(days=1) if often(0.03) else None,
        )
        for factor in factors:
            factor.user = user
            factor.save()
        joined = chance.sample([*companies, closed], chance.choice((0, 1, 1, 1, 2, 3)))
        held = [
            Membership.objects.create(
                user=user,
                organization=each,
                role=MANAGER if often(0.15) else "member",
                ended_at=some_day() if often(0.1) else None,
            )
            for each in joined
        ]
        User.objects.filter(pk=user.pk).update(home=held[0] if held else None)
        if often(0.3):
            user.groups.add(pilots)
        if often(0.06):
            Pause.objects.create(
                user=user,
                reason="lost",
                started_at=some_day(),
                until=now + timedelta(hours=chance.choice((-1, 5))),
                breakglass=often(0.2),
            )
        if often(0.2):
            Session.objects.create(
                key_hash=f"{seed}-{index}",
                user=user,
                aal=chance.choice((0, 1, 2)),
                session_data="",
                expire_date=now + timedelta(hours=chance.choice((-1, 1))),
            )


def _factors(chance: random.Random, index: int, email: str, now: datetime) -> list[Factor]:
    """Return a few factors in any status, more or less old."""
    found = []
    for kind in chance.choices(Factor.Kind.values, k=chance.choice((0, 0, 1, 1, 2, 3))):
        targets = {
            Factor.Kind.PHONE: chance.choice(NUMBERS) % index,
            Factor.Kind.EMAIL: chance.choice((email, f"p{index}@example.com")),
        }
        target = targets.get(Factor.Kind(kind), "")
        found.append(
            Factor(
                kind=kind,
                target=target,
                secret="" if target or chance.random() < 0.1 else "JBSWY3DPEHPK3PXP",
                status=chance.choice((*Status.values, Status.ACTIVE, Status.ACTIVE)),
                confirmed_at=now - timedelta(days=chance.randrange(20), hours=1),
                refuses_until=now + timedelta(days=1) if chance.random() < 0.1 else None,
            )
        )
    return found
