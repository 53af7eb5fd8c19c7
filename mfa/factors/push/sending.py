"""Sending a request to the phones that may answer it, outside of requests."""

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from mfa.channels import outbox, webpush
from mfa.channels.webpush import Pushed, Subscription
from mfa.factors.push.devices import MOST_PHONES, lose, subscription_of, usable_of
from mfa.models import Factor, PushDevice, PushRequest, SitePolicy
from mfa.rules import kept
from mfa.rules.push import LIFE, RequestState

# One notification at a time: a newer request takes the place of one that waits (push10).
TOPIC = "login"
# A worker takes a request within a second. After this time its task was lost.
WAKE_AFTER = timedelta(seconds=5)
# A message takes at most 10 s (channels/webpush/post.py). After this time its worker died.
GIVE_UP_AFTER = timedelta(seconds=30)
# The most requests that one sweep wakes, so that a restarted broker is not overloaded
SWEEP = 500


def wake(request: PushRequest) -> None:
    """Have a worker send the request, once its row is committed."""

    def start() -> None:
        send.delay(str(request.pk))

    transaction.on_commit(start, robust=True)


@shared_task(name="mfa.push.send")
def send(key: str) -> None:
    """Send one request to each phone, all at once, and note how many services took it."""
    if not kept.is_uuid(key) or not webpush.is_on():
        return
    if not claim(UUID(key)):
        return
    request = PushRequest.objects.select_related("to").get(pk=UUID(key))
    phones = {device: subscription_of(device) for device in _phones(request)}
    text, life = _text(request), LIFE - (timezone.now() - request.created_at)

    def to(subscription: Subscription) -> Pushed:
        return webpush.push(subscription, text, life=life, topic=TOPIC)

    _keep(request, text, phones)
    live = {device: found for device, found in phones.items() if found}
    with ThreadPoolExecutor(max_workers=MOST_PHONES) as pool:
        results = dict(zip(live, pool.map(to, live.values()), strict=True))
    _note(request, list(phones), results)


@shared_task(name="mfa.push.sweep")
def sweep() -> None:
    """Wake a worker for requests whose task was lost, or whose worker died.

    A phone that gets a message again shows it in the place of the first one.
    """
    now = timezone.now()
    lost = _unsent(now).filter(created_at__lt=now - WAKE_AFTER).order_by("created_at")
    for key in lost.values_list("pk", flat=True)[:SWEEP]:
        send.delay(str(key))


def claim(key: UUID) -> bool:
    """Take a request, so that no other worker sends it. Return False if another one has it."""
    now = timezone.now()
    return bool(_unsent(now).filter(pk=key).update(claimed_at=now))


def _unsent(now: datetime) -> QuerySet[PushRequest]:
    """Return the open requests that no worker has sent, and none sends now."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - GIVE_UP_AFTER)
    waiting = PushRequest.objects.filter(state=RequestState.OPEN, reached=None)
    return waiting.filter(free, created_at__gt=now - LIFE)


def _keep(request: PushRequest, text: bytes, phones: Collection[PushDevice]) -> None:
    """Show the message on the virtual phone, in the demo."""
    if settings.DEMO:
        told = json.loads(text)
        page = f"{settings.BASE_URL}{reverse('mfa:approve', args=[request.pk])}"
        for device in phones:
            outbox.keep("push", device.words, subject=told["title"], body=f"{told['body']}\n{page}")


def _phones(request: PushRequest) -> list[PushDevice]:
    if request.to:
        return [request.to]
    return list(usable_of(request.user_id).exclude(pk__in=request.here)[:MOST_PHONES])


def _note(
    request: PushRequest, phones: list[PushDevice], results: dict[PushDevice, Pushed]
) -> None:
    for device in phones:
        if device not in results:
            # It subscribed with a former key of the portal (push4).
            Factor.objects.filter(push_device=device, doubtful_since=None).update(
                doubtful_since=timezone.now()
            )
        elif results[device] is Pushed.GONE:
            lose(device)
    reached = sum(result is Pushed.SENT for result in results.values())
    PushRequest.objects.filter(pk=request.pk).update(reached=reached)


def _text(request: PushRequest) -> bytes:
    """Return the notification: the request's id, and nothing about the person or the login."""
    body = (
        gettext("Tap to test approval on this phone.")
        if request.to
        else gettext("Someone is logging in to your account. Tap to see who.")
    )
    text = {"id": str(request.pk), "title": SitePolicy.brand().name, "body": body}
    return json.dumps(text).encode()
