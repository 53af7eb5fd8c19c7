"""A signed link in an email that names one row by its number and expires."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.signing import (
    BadSignature,
    SignatureExpired,
    TimestampSigner,
    b62_decode,
    b62_encode,
)
from django.urls import reverse

from accounts.people.links import Dead


@dataclass(frozen=True, slots=True)
class RowLink:
    """One kind of link: the page that it opens, the signer's salt and how long it works."""

    page: str
    signer: TimestampSigner = field(repr=False)
    life: timedelta

    def address_of(self, row: int) -> str:
        """Return the full address for a row."""
        uid = b62_encode(row)
        token = self.signer.sign(uid).removeprefix(f"{uid}.")
        return f"{settings.BASE_URL}{reverse(self.page, args=[uid, token])}"

    def row_of(self, uid: str, token: str) -> int | Dead:
        """Return the number of the row that a link names, or why it opens nothing."""
        try:
            return b62_decode(self.signer.unsign(f"{uid}.{token}", max_age=self.life))
        except SignatureExpired:
            return Dead.EXPIRED
        except BadSignature:
            return Dead.WRONG
