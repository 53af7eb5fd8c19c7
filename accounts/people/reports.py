"""Reports that an event was someone else's, from the activity page or a notice's link."""

from django.db import transaction

from accounts.models import User
from accounts.people import notice_links, reported, resets
from accounts.people.links import Dead
from accounts.people.reported import Reported, WayOn
from mfa import factors, passes, pauses, recoveries
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.messages import notices
from mfa.models import Event, Factor, RecoveryRequest, Session


def opened_by(uid: str, token: str) -> Reported | Dead:
    """Return the event that a link names, or why it opens nothing."""
    named = notice_links.read(uid, token)
    if isinstance(named, Dead):
        return named
    found = reported.find(named.person, named.event)
    if found is None:
        return Dead.WRONG
    # A link of an event without a notice only shows what comes after the report.
    told = found.event.event in notices.NOTICES and found.person.is_active
    return found if told or found.done else Dead.WRONG


def make(person: User, event: int, *, client: Client) -> None:
    """End all sessions and open logins, forget devices, ask for a new password; once per event.

    Factors in doubt are suspended, a reported pause ends, and former factors are not restored. A
    closed account is not deleted.
    Raises TooMany.
    """
    with transaction.atomic():
        # Of two clicks only one acts. Two links of one person act one after the other.
        User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
        found = reported.find(person.pk, event)
        if found is None or found.done or not found.person.is_active:
            return
        counters.take([limits.REPORTS.of(str(person.pk))])
        way, off = found.way_on(client), found.turned_off()
        _secure(found.person, found.event.event, way, off, client)
        # A stranger may have said that the phone is lost.
        recoveries.stop(found.person, RecoveryRequest.Outcome.STRANGER, client=client)
        passes.cancel(found.person, client=client)
        if found.ends_pause:
            pauses.end_running(found.person, by=None, client=client)
        notices.tell(
            Event.DISOWNED,
            found.person,
            client=client,
            # The new address may be the attacker's.
            not_me=not found.disputed,
            what=found.event.event,
            number=found.event.pk,
            way=way,
        )
        if way is WayOn.LINK:
            resets.send_after_report(found.person, client=client)


def _secure(person: User, event: str, way: WayOn, off: list[Factor], client: Client) -> None:
    for factor in off:
        factors.suspend_reported(person, factor, client=client)
    if way in {WayOn.LINK, WayOn.ASK, WayOn.CLOSED}:
        person.set_unusable_password()
    person.password_expired = True
    person.is_active = way is not WayOn.CLOSED
    if event == Event.RECOVERY_EMAIL_CHANGED:
        person.recovery_email = person.new_recovery_email = ""
        person.recovery_email_at = None
    # The stranger may also have closed the account, which would delete it.
    person.closed_at = None
    person.session_epoch += 1
    person.device_epoch += 1
    columns = ["password", "password_expired", "is_active", "closed_at"]
    columns += ["recovery_email", "new_recovery_email", "recovery_email_at"]
    person.save(update_fields=[*columns, "session_epoch", "device_epoch"])
    Session.objects.filter(user_id=person.pk).delete()
