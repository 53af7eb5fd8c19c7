"""The status on top of the Account Policy: MFA on or off, for how many people, what is wrong."""

from copy import copy

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import channels, spans
from mfa.admin import mail_test
from mfa.login.policy_words import grouped
from mfa.models import AbstractMfaUser, Delivery, Factor, Reason, SitePolicy
from mfa.rules.methods import RESISTANT, ChannelName

# Above this number the page says "more than", because counting everyone is slow.
COUNTED = 10_000
# How many staff without a passkey are named
NAMED = 5
# How many of the newest messages are searched for a text
RECENT = 200
KEYS_LOST = _(
    "Texts are not sent: the stored SMS Authentication Token cannot be read, because its key is "
    "missing from ENCRYPTION_KEYS. Ask the operator to restore the key, or enter the token again."
)


def bound(policy: SitePolicy) -> QuerySet[AbstractMfaUser]:
    """Return the active people that MFA applies to."""
    people = get_user_model().objects.filter(is_active=True)
    staff = Q(is_staff=True) | Q(is_superuser=True) if policy.binds_staff else Q(pk=None)
    if not policy.enabled:
        return people.filter(staff)
    if policy.pilot_group_id is None:
        return people
    return people.filter(staff | Q(groups=policy.pilot_group_id)).distinct()


def enrolled(policy: SitePolicy) -> int:
    """Count the people with a factor that MFA applies to while it is on."""
    on = copy(policy)
    on.enabled = True
    usable = Factor.objects.usable().filter(user_id=OuterRef("pk"))
    return bound(on).filter(Exists(usable)).count()


def people_words(policy: SitePolicy) -> str:
    """Say how many people these are."""
    number = bound(policy)[: COUNTED + 1].count()
    if number > COUNTED:
        return gettext("more than 10,000 people")
    return ngettext("%s person", "%s people", number) % grouped(number)


def next_words(policy: SitePolicy, administrator: AbstractMfaUser) -> str:
    """Return what happens next, and to which people, after this administrator enabled MFA."""
    people = bound(policy)
    usable = Factor.objects.usable().filter(user_id=OuterRef("pk"))
    number, without = people.count(), people.exclude(Exists(usable)).count()
    others = people.exclude(pk=administrator.pk)
    ready = others.filter(Exists(usable)).count()
    on = ngettext("MFA is on for %s person.", "MFA is on for %s people.", number)
    said = [on % grouped(number)]
    if without:
        new = ngettext(
            "%s person has no verification method yet and sets one up at the next login.",
            "%s people have no verification method yet and set one up at their next login.",
            without,
        )
        said.append(new % grouped(without))
    if ready:
        asked = ngettext(
            "%s other person enters a code at the next login.",
            "%s other people enter a code at their next login.",
            ready,
        )
        said.append(asked % grouped(ready))
    if others.filter(Q(is_staff=True) | Q(is_superuser=True)).exists():
        said.append(gettext("Staff who are logged in are asked right away."))
    if not others.exists():
        said.append(gettext("People you add set up a verification method at their first login."))
    return " ".join(said)


def staff_without_passkey() -> tuple[list[str], int]:
    """Return the names of some staff without a passkey, and how many of them there are."""
    passkeys = Factor.objects.usable().filter(user_id=OuterRef("pk"), kind__in=RESISTANT)
    people = _staff().exclude(Exists(passkeys)).order_by("pk")
    return [person.get_username() for person in people[:NAMED]], people.count()


def staff_words() -> str:
    """Say how many staff have a passkey, and some of those who have none."""
    names, lacking = staff_without_passkey()
    everyone = _staff().count()
    said = {"have": grouped(everyone - lacking), "all": grouped(everyone)}
    words = [gettext("%(have)s of %(all)s staff have a passkey.") % said]
    if lacking:
        words.append(gettext("Without one: %s.") % ", ".join([*names, *["…"] * (lacking > NAMED)]))
    return " ".join(words)


def _staff() -> QuerySet[AbstractMfaUser]:
    people = get_user_model().objects.filter(is_active=True)
    return people.filter(Q(is_staff=True) | Q(is_superuser=True))


def last_text() -> Delivery | None:
    """Return the newest text, if it is among the last messages."""
    newest = Delivery.objects.order_by("-pk").only("channel", "state", "created_at", "finished_at")
    return next((each for each in newest[:RECENT] if each.channel == ChannelName.SMS), None)


def faults(policy: SitePolicy) -> list[str | Promise]:
    """List what is wrong."""
    account, health = policy.sms, policy.health
    words = channels.get(ChannelName.SMS).account_words
    holds: list[tuple[object, object]] = [
        (health.texts_rest_since, lambda: _texts_words(policy)),
        (account.token_lost, lambda: KEYS_LOST),
        (account.is_trial, lambda: words.trial),
        (settings.SMS_REDACT and account.unredacted, lambda: words.unredacted),
        (policy.enabled and not account.tested, lambda: _UNTESTED),
        (health.mail_failed, lambda: _mail_words(policy)),
        (not channels.available(ChannelName.EMAIL), lambda: _NO_MAIL),
    ]
    said = [words() for fault, words in holds if fault]  # type: ignore[operator]
    return [each for each in said if each]


_UNTESTED = _("No test message was verified with the current values. Send one now.")
_NO_MAIL = _("Codes by email are not available: the operator has not set EMAIL_URL.")


def _texts_words(policy: SitePolicy) -> str:
    health = policy.health
    said = {
        "since": spans.since(health.texts_rest_since) if health.texts_rest_since else "",
        "fault": channels.get(ChannelName.SMS).explain(
            Reason(health.texts_fault_reason), health.texts_fault_code
        ),
    }
    if health.texts_on_trial:
        words = gettext(
            "Texts stopped %(since)s ago. Sending has resumed. The next text will confirm whether "
            "it works. The reason was: %(fault)s"
        )
    else:
        words = gettext(
            "Texts stopped %(since)s ago. People are asked for another verification method. The "
            "account is tested every minute, and sending resumes automatically. The reason: "
            "%(fault)s"
        )
    return words % said


def _mail_words(policy: SitePolicy) -> str:
    reason, code = policy.health.mail_test_reason, policy.health.mail_test_code
    fault = mail_test.explain(Reason(reason), code)
    words = gettext("Codes by email are not available: the last test email failed. The reason: %s")
    return words % fault
