"""People whose stored email is not in its normal form, so they cannot log in or get no email."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from mfa.rules.emails import flaw, normalize


@dataclass(frozen=True, slots=True)
class Misspelled:
    """A person by primary key, and the person with the same normalized address, 0 for none.

    `locked_out`: no typed email finds this row.
    """

    pk: int
    twin: int
    locked_out: bool


def misspelled() -> Iterator[Misspelled]:
    """Read all emails. Normal ones cost one comparison each."""
    emails = User.objects.order_by("pk").values_list("pk", "email").iterator()
    for pk, email in emails:
        right = normalize(email)
        if right != email:
            # The lookup normalizes too, so it finds only the normal form.
            twin = User.objects.filter(email=right).values_list("pk", flat=True).first()
            yield Misspelled(pk, twin or 0, locked_out=True)
        elif flaw(email):
            yield Misspelled(pk, 0, locked_out=False)
