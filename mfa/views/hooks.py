"""What providers call: no session, no token of ours, only their own signature."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mfa import deliveries, faults
from mfa.channels import twilio_receipts
from mfa.models import AccountPolicy, Purpose

logger = logging.getLogger("mfa.hooks")

# A receipt has some 500 bytes.
LARGEST_BODY = 16 * 1024


@csrf_exempt
@login_not_required
@require_POST
def twilio_receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """Take Twilio's word about a text, if Twilio signed it (WB-07)."""
    try:
        # Not request.POST: that believes the length and the kind that the caller names.
        body = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if len(body) > LARGEST_BODY:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    form, signature = QueryDict(body), request.headers.get("X-Twilio-Signature", "")
    policy, url = AccountPolicy.load(), twilio_receipts.url_of(receipt_id)
    for account, tokens, purposes in _accounts(policy):
        if twilio_receipts.signed(url, form, signature, tokens):
            return _take(receipt_id, form, account, purposes)
    logger.warning("a receipt with a wrong signature; is BASE_URL the public address?")
    return HttpResponse(status=HTTPStatus.FORBIDDEN)


def _accounts(policy: AccountPolicy) -> Iterator[tuple[str, list[str], frozenset[str] | None]]:
    """List who may report: the live account, and the one that waits, about its own tests alone."""
    yield policy.sms_account_id, policy.tokens(timezone.now()), None
    if token := policy.candidate_auth_token:
        yield policy.candidate_account_id, [token], frozenset({Purpose.ACCOUNT})


def _take(
    receipt_id: UUID, form: QueryDict, account: str, purposes: frozenset[str] | None
) -> HttpResponse:
    if any("\0" in value for value in form.values()):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    try:
        if tidings := twilio_receipts.read(form, account):
            deliveries.receive(receipt_id, tidings, purposes=purposes)
    except Exception as error:  # noqa: BLE001 - Django's own report would quote the number
        faults.log(error, "taking a receipt")
        return HttpResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
