"""Codes by email. They use the account's address, which is not a factor of its own."""

from django.utils.translation import gettext_lazy as _

from mfa.factors.kind import Kind, Words, verify_sent
from mfa.rules.methods import Method

KIND = Kind(
    method=Method.EMAIL,
    verify=verify_sent,
    words=Words(
        choose=_("Email to %(name)s"),
        out_of_order=_("Codes by email are not available right now."),
    ),
)
