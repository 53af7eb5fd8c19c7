"""The SMS account: once MFA was enabled, new values wait until a superuser confirms them (S05)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from mfa import audit, changes, circuit
from mfa.changes import Change
from mfa.models import TESTS, AccountPolicy, Challenge, Factor, Protected
from mfa.models.policies import SmsValues
from mfa.origin import Origin

CANDIDATE = (
    "candidate_since",
    "candidate_account_id",
    "candidate_auth_token",
    "candidate_phone_number",
)
NOTHING = SmsValues("", "", "")
# An account ID, or a sender, as far as mails tell it
SHOWN = 4


def enter(values: SmsValues, *, by: Protected, origin: Origin) -> None:
    """Keep new values as the candidate; entering the live ones again discards it."""
    with transaction.atomic():
        policy = _locked()
        if values == policy.sms_values:
            _discard(policy, by=by, origin=origin)
        elif values != policy.candidate_values or policy.candidate_since is None:
            _keep(policy, values, since=timezone.now())
            changes.tell(
                Change.SMS_ENTERED,
                by=by,
                origin=origin,
                account=values.account_id[-SHOWN:],
                fields=_changed(policy.sms_values, values),
            )


def discard(*, by: Protected, origin: Origin) -> None:
    """Forget the candidate; the live values go on."""
    with transaction.atomic():
        _discard(_locked(), by=by, origin=origin)


def confirm(
    since: datetime | None, *, by: Protected | None = None, origin: Origin = audit.NOWHERE, way: str
) -> bool:
    """Make the candidate live; False if it is not the one that was entered at `since`.

    `way` is how it was confirmed: "code", "factor" or "command".
    """
    with transaction.atomic():
        policy = _locked()
        if since is None or policy.candidate_since != since or not all(policy.candidate_values):
            return False
        changed_sender = policy.candidate_phone_number != policy.sms_phone_number
        replace(policy, policy.candidate_values)
        _keep(policy, NOTHING, since=None)
        forget_tests(changed_sender=changed_sender)
        ending = policy.sms_account_id[-SHOWN:]
        changes.tell(Change.SMS_CONFIRMED, by=by, origin=origin, account=ending, way=way)
    return True


def replace(policy: AccountPolicy, values: SmsValues) -> None:
    """Send with new, tested values from now on."""
    now = timezone.now()
    if policy.sms_auth_token and policy.sms_auth_token != values.auth_token:
        policy.keep_token(policy.sms_auth_token, now)
    policy.sms_values = values
    policy.tested_at, policy.tested_credentials = now, policy.credentials()
    policy.save(
        update_fields=[
            "sms_account_id",
            "sms_auth_token",
            "sms_phone_number",
            "sms_auth_token_previous",
            "previous_token_until",
            "tested_at",
            "tested_credentials",
        ]
    )


def forget_tests(*, changed_sender: bool) -> None:
    """Forget what was found out about the former values; texts go on trial if they rested."""
    void_tests()
    AccountPolicy.objects.update(is_trial=False, unredacted=False)
    circuit.try_again()
    if changed_sender:
        # STOP was sent to the former number.
        Factor.objects.exclude(refuses_until=None).update(refuses_until=None)


def void_tests() -> None:
    """Close the open test codes: a code sent by other values must not vouch for these."""
    now = timezone.now()
    Challenge.objects.filter(purpose__in=TESTS).open(now).update(voided_at=now)


def _locked() -> AccountPolicy:
    AccountPolicy.load()
    return AccountPolicy.objects.select_for_update().get()


def _keep(policy: AccountPolicy, values: SmsValues, *, since: datetime | None) -> None:
    policy.candidate_since = since
    policy.candidate_account_id = values.account_id
    policy.candidate_auth_token = values.auth_token
    policy.candidate_phone_number = values.phone_number
    policy.save(update_fields=CANDIDATE)
    void_tests()


def _changed(old: SmsValues, new: SmsValues) -> list[str]:
    both = zip(old._fields, old, new, strict=True)
    return [f"sms_{name}" for name, former, value in both if former != value]


def _discard(policy: AccountPolicy, *, by: Protected, origin: Origin) -> None:
    if policy.candidate_since is not None:
        _keep(policy, NOTHING, since=None)
        changes.tell(Change.SMS_DISCARDED, by=by, origin=origin)
