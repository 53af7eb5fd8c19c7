"""People whose stored email breaks its form: they cannot log in, or get no mail."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from mfa.rules.emails import flaw, normalize


@dataclass(frozen=True, slots=True)
class Misspelled:
    """A person by primary key, and who has the same address in its right form (0 for nobody).

    `locked_out`: no typed email finds this row.
    """

    pk: int
    twin: int
    locked_out: bool


def misspelled() -> Iterator[Misspelled]:
    """Read all emails; the healthy ones cost one comparison each."""
    emails = User.objects.order_by("pk").values_list("pk", "email").iterator()
    for pk, email in emails:
        right = normalize(email)
        if right != email:
            # The look-up normalizes too, so it finds the right form alone.
            twin = User.objects.filter(email=right).values_list("pk", flat=True).first()
            yield Misspelled(pk, twin or 0, locked_out=True)
        elif flaw(email):
            yield Misspelled(pk, 0, locked_out=False)
