"""The states that a person of the demo can be in, each made as its own rows."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from mfa.models import Factor, Pause, Status

# From Ofcom's numbers for drama: a landline in London
LANDLINE, WRITTEN, SAVED = "+442079460123", "+447700900106", "+447700900109"
ENROLLED = "emma@home.example"
# As long as the demo usually runs
LONG = timedelta(days=7)


def skip(user: User) -> None:
    """The person pressed "Skip for Now"."""
    User.objects.filter(pk=user.pk).update(skipped_at=timezone.now(), skips=1)


def wait(user: User) -> None:
    """A lockout after wrong codes."""
    now = timezone.now()
    Factor.objects.create(user=user, target="+447700900107", confirmed_at=now)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now, wait_until=now + LONG)


def propose_landline(user: User) -> None:
    """A number from an old system, which cannot get texts."""
    now = timezone.now()
    Factor.objects.create(user=user, target=LANDLINE, status=Status.PROPOSED, confirmed_at=now)


def assign_number(user: User) -> None:
    """A number that a manager wrote."""
    now = timezone.now()
    Factor.objects.create(user=user, target=WRITTEN, status=Status.ASSIGNED, confirmed_at=now)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now)


def save_number(user: User) -> None:
    """A new number that waits for its code, beside a phone."""
    now = timezone.now()
    Factor.objects.create(user=user, target="+447700900108", confirmed_at=now)
    saved = {"target": SAVED, "status": Status.PROPOSED}
    Factor.objects.create(user=user, confirmed_at=now + timedelta(seconds=1), **saved)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now, username="nell")


def use_email(user: User) -> None:
    """An email for codes, which is not the account's."""
    now = timezone.now()
    email = {"kind": Factor.Kind.EMAIL, "target": ENROLLED}
    Factor.objects.create(user=user, confirmed_at=now, **email)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now, only_email_since=now)


def pause(user: User) -> None:
    """A week without a second step."""
    now = timezone.now()
    Pause.objects.create(user=user, reason="lost phone", started_at=now, until=now + LONG)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now)


def block(user: User) -> None:
    """No factor is left, and email cannot replace it now."""
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(ever_bound_at=now, mailbox_rests_until=now + LONG)


def reset(user: User) -> None:
    """Support removed all factors."""
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(ever_bound_at=now, reset_at=now)


STATES: dict[str, Callable[[User], None]] = {
    "sky@example.com": skip,
    "wes@example.com": wait,
    "lena@example.com": propose_landline,
    "una@example.com": assign_number,
    "nell@example.com": save_number,
    "emma@example.com": use_email,
    "pia@example.com": pause,
    "bo@example.com": block,
    "rosa@example.com": reset,
}
