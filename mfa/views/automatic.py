"""A passkey that the browser makes automatically, right after a login (conditional create)."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from mfa.challenges import Outcome
from mfa.client import moment_of
from mfa.factors import passkey as passkeys
from mfa.login import automatic
from mfa.login.guards import SignedIn
from mfa.rules.passkeys import Refused
from mfa.sessions.devices import recognize
from mfa.sessions.proofs import keep_alive
from mfa.views.passkeys import BAD_REQUEST, nonce_of

NOTHING = 204


@never_cache
@require_POST
def automatic_passkey_options(request: SignedIn) -> HttpResponse:
    """Return what the browser needs to make a passkey automatically, or nothing if it may not."""
    user = request.user
    if not automatic.may_make(user, session=request.session, now=moment_of(request)):
        return HttpResponse(status=NOTHING)
    nonce, client = nonce_of(request.session), recognize(request, user)
    return JsonResponse(passkeys.options_to_add(user, nonce=nonce, client=client, automatic=True))


@never_cache
@sensitive_post_parameters("credential")
@require_POST
def automatic_passkey(request: SignedIn) -> HttpResponse:
    """Add the passkey that the browser made. The person gets the usual notice."""
    user, client = request.user, recognize(request, request.user)
    if not automatic.may_make(user, session=request.session, now=moment_of(request)):
        raise PermissionDenied
    typed, nonce = request.POST.get("credential", ""), nonce_of(request.session)
    try:
        new = passkeys.read_new(user, typed, nonce=nonce, client=client, automatic=True)
        result = passkeys.add(user, new, name="", client=client)
    except Refused:
        return HttpResponse(status=BAD_REQUEST)
    if result.outcome is Outcome.EXPIRED:
        # Another session changed the person first, which ended this session.
        raise PermissionDenied
    keep_alive(request, user)
    return HttpResponse(status=NOTHING)
