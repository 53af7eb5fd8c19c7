"""Rendering of messages in the reader's language."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mfa.channels.base import Message
from mfa.models import AbstractMfaUser, Challenge, Delivery, SitePolicy, plain_text
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose

# Typed text: email programs must not make it a link (S20). The filter factor_words does the same
# with the names of apps.
TYPED = ("reason", "group", "contact", "inviter", "about_portal", "organization_name", "helper")
# What the owner of an address gets instead of a code to register
TAKEN = "email_taken"


def compose(delivery: Delivery) -> Message | None:
    """Render the message, or return None if its code or link has expired (OT-13).

    A message to an address without a person says to the owner of an account that there is one. Only
    here, outside of the request, does the portal look for that account (RG-02).
    """
    if delivery.user:
        return _compose(delivery, delivery.user, delivery.message)
    owner = get_user_model().owner_of(delivery.target)
    return _compose(delivery, owner, TAKEN if owner else delivery.message)


def _compose(delivery: Delivery, reader: AbstractMfaUser | None, message: str) -> Message | None:
    context: dict[str, object] = {
        **delivery.context,
        "user": reader,
        "at": delivery.created_at,
        "portal_name": SitePolicy.brand().name,
        "says_otp": SitePolicy.brand().says_otp,
        "base_url": settings.BASE_URL,
        "host": settings.HOST,
    }
    if reader:
        context["contact"] = reader.mfa_policy.contact
    if {"inviter", "sender"} & delivery.context.keys():
        # Only invitations contain it, so other messages do not load the policy.
        context["about_portal"] = SitePolicy.load().invitation
    context |= {name: plain_text.unlinked(str(context.get(name, ""))) for name in TYPED}
    if reader and not _add_links(context, delivery, reader):
        return None
    life = None
    if challenge := delivery.challenge:
        life = (challenge.expires_at - timezone.now()).total_seconds()
        code = challenge.code_for(challenge.browser)
        if code is None or not Challenge.objects.open(timezone.now()).filter(pk=challenge.pk):
            return None
        context |= {"code": code, "purpose": challenge.purpose, "minutes": max(1, round(life / 60))}
    language = reader.language if reader else delivery.context.get("language")
    zone = reader.zone if reader else timezone.get_default_timezone()
    with translation.override(language), timezone.override(zone):
        context["contact"] = context["contact"] or _("your administrator")
        return _render(delivery, message, context, None if life is None else int(life))


def _add_links(context: dict[str, object], delivery: Delivery, reader: AbstractMfaUser) -> bool:
    """Add the links of the message. Return False if it is about a link that has expired."""
    link = delivery.context.get("link")
    # If the offered link has expired, the email is sent without it, because the warning matters.
    if mailed := link or delivery.context.get("offer"):
        address = reader.mailed_link(
            mailed,
            target=delivery.target,
            at=delivery.created_at,
            epoch=delivery.context.get("epoch"),
            number=delivery.context.get("number"),
        )
        if link and address is None:
            return False
        context["address_of_link"] = address
    if event := delivery.context.get("not_me"):
        context["address_of_not_me"] = reader.not_me_link(event, at=delivery.created_at)
    return True


def _render(
    delivery: Delivery, message: str, context: dict[str, object], life: int | None
) -> Message:
    def part(name: str) -> str:
        return render_to_string(name, context).strip()

    if delivery.channel == ChannelName.SMS:
        text = part(f"messages/sms/{message}.txt")
        return Message(
            to=delivery.target,
            text=text,
            life_seconds=life,
            attempt=delivery.attempt,
            receipt_id=delivery.receipt_id,
            by_candidate=context.get("purpose") == Purpose.ACCOUNT,
        )
    folder = f"emails/{message}"
    return Message(
        to=delivery.target,
        subject=" ".join(part(f"{folder}/subject.txt").split()),
        text=part(f"{folder}/body.txt"),
        html=part(f"{folder}/body.html"),
    )
