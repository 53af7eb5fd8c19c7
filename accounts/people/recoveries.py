"""What the owner does about a request after a lost phone, by the link of a notice (E13)."""

from accounts.models import User
from accounts.people import reported, reports
from mfa import recoveries
from mfa.client import Client
from mfa.models import RecoveryRequest
from mfa.models.recoveries import RecoveryRequest as Request

REPORTABLE = {Request.Outcome.FOUND, Request.Outcome.TEXTED, Request.Outcome.STRANGER}


def found(request: RecoveryRequest, *, by_text: bool, client: Client) -> None:
    """Stop the request: the owner has the phone again, or someone else found it."""
    outcome = Request.Outcome.TEXTED if by_text else Request.Outcome.FOUND
    recoveries.stop(request.user, outcome, client=client, only=request.pk)


def disown(request: RecoveryRequest, person: User, *, client: Client) -> None:
    """Stop the request of a stranger, who knows the password: the owner sets a new one.

    Raises TooMany after many reports. The request is stopped all the same.
    """
    recoveries.stop(person, Request.Outcome.STRANGER, client=client, only=request.pk)
    if request.event:
        reports.make(person, request.event, client=client)


def may_disown(request: RecoveryRequest) -> bool:
    """Whether a request that ended can still be reported as a stranger's."""
    if request.outcome not in REPORTABLE:
        return False
    found = reported.find(request.user_id, request.event or 0)
    return found is not None and not found.done
