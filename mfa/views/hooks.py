"""Webhooks of providers. They have no session and no CSRF token, only the provider's signature."""

import logging
from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mfa import channels
from mfa.channels import faults
from mfa.channels.base import Channel, MalformedError, UnsignedError
from mfa.messages.receipts import receive
from mfa.rules.methods import ChannelName

logger = logging.getLogger("mfa.hooks")

# A receipt has about 500 bytes.
LARGEST_BODY = 16 * 1024


@csrf_exempt
@login_not_required
@require_POST
def receipt(request: HttpRequest, provider: str, receipt_id: UUID) -> HttpResponse:
    """Process a provider's report about a text, if its signature is valid (WB-07)."""
    if not channels.available(ChannelName.SMS):
        raise Http404
    channel = channels.get(ChannelName.SMS)
    if provider != channel.provider:
        raise Http404
    try:
        # Not request.POST, which trusts the caller's length and content type.
        body = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if len(body) > LARGEST_BODY:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return HttpResponse(status=_take(channel, request, receipt_id, body))


def _take(channel: Channel, request: HttpRequest, receipt_id: UUID, body: bytes) -> HTTPStatus:
    try:
        report = channel.read_receipt(receipt_id, body, request.headers)
        if report.tidings:
            receive(receipt_id, report.tidings, purposes=report.purposes)
    except UnsignedError:
        logger.warning("a receipt with a wrong signature; is BASE_URL the public address?")
        return HTTPStatus.FORBIDDEN
    except (MalformedError, SuspiciousOperation):
        return HTTPStatus.BAD_REQUEST
    except Exception as error:  # noqa: BLE001 - Django's own report would contain the number
        faults.log(error, "taking a receipt")
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.NO_CONTENT
