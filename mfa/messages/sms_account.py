"""The SMS account: once MFA was enabled, new values wait for a superuser's approval (S05)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from mfa import audit
from mfa.client import Client
from mfa.messages import changes, circuit
from mfa.messages.changes import Change
from mfa.models import TESTS, AbstractMfaUser, Challenge, Factor, SmsAccount, SmsValues

CANDIDATE = (
    "candidate_since",
    "candidate_account_id",
    "candidate_auth_token",
    "candidate_phone_number",
)
NOTHING = SmsValues("", "", "")
# How many characters of an account ID or sender the emails show
SHOWN = 4


def enter(values: SmsValues, *, by: AbstractMfaUser, client: Client) -> None:
    """Store new values as the candidate. Entering the live values again discards it."""
    with transaction.atomic():
        account = _locked()
        if values == account.values:
            _discard(account, by=by, client=client)
        elif values != account.candidate_values or account.candidate_since is None:
            _keep(account, values, since=timezone.now())
            changes.tell(
                Change.SMS_ENTERED,
                by=by,
                client=client,
                account=values.account_id[-SHOWN:],
                fields=_changed(account.values, values),
            )


def discard(*, by: AbstractMfaUser, client: Client) -> None:
    """Discard the candidate. The live values stay."""
    with transaction.atomic():
        _discard(_locked(), by=by, client=client)


def confirm(
    since: datetime | None,
    *,
    by: AbstractMfaUser | None = None,
    client: Client = audit.NOWHERE,
    way: str,
) -> bool:
    """Make the candidate live. Return False if it is not the one entered at `since`.

    `way` is how it was confirmed: "code", "factor" or "command".
    """
    with transaction.atomic():
        account = _locked()
        if since is None or account.candidate_since != since or not all(account.candidate_values):
            return False
        changed_sender = account.candidate_phone_number != account.phone_number
        replace(account, account.candidate_values)
        _keep(account, NOTHING, since=None)
        forget_tests(changed_sender=changed_sender)
        ending = account.account_id[-SHOWN:]
        changes.tell(Change.SMS_CONFIRMED, by=by, client=client, account=ending, way=way)
    return True


def replace(account: SmsAccount, values: SmsValues) -> None:
    """Use new, tested values from now on."""
    now = timezone.now()
    if account.auth_token and account.auth_token != values.auth_token:
        account.keep_token(account.auth_token, now)
    account.values = values
    account.tested_at, account.tested_credentials = now, account.credentials()
    account.save(
        update_fields=[
            "account_id",
            "auth_token",
            "phone_number",
            "previous_token",
            "previous_token_until",
            "tested_at",
            "tested_credentials",
        ]
    )


def forget_tests(*, changed_sender: bool) -> None:
    """Forget what was known about the former values. If texts were stopped, a trial starts."""
    void_tests()
    SmsAccount.objects.update(is_trial=False, unredacted=False)
    circuit.try_again()
    if changed_sender:
        # STOP was sent to the former number.
        Factor.objects.exclude(refuses_until=None).update(refuses_until=None)


def void_tests() -> None:
    """Void the open test codes: a code sent with other values proves nothing about these."""
    now = timezone.now()
    Challenge.objects.filter(purpose__in=TESTS).open(now).update(voided_at=now)


def _locked() -> SmsAccount:
    SmsAccount.load()
    return SmsAccount.objects.select_for_update().get()


def _keep(account: SmsAccount, values: SmsValues, *, since: datetime | None) -> None:
    account.candidate_since = since
    account.candidate_account_id = values.account_id
    account.candidate_auth_token = values.auth_token
    account.candidate_phone_number = values.phone_number
    account.save(update_fields=CANDIDATE)
    void_tests()


def _changed(old: SmsValues, new: SmsValues) -> list[str]:
    both = zip(old._fields, old, new, strict=True)
    return [f"sms_{name}" for name, former, value in both if former != value]


def _discard(account: SmsAccount, *, by: AbstractMfaUser, client: Client) -> None:
    if account.candidate_since is not None:
        _keep(account, NOTHING, since=None)
        changes.tell(Change.SMS_DISCARDED, by=by, client=client)
