"""Saving the account policy: the SMS account and the enable tick may have to wait."""

from django.utils import timezone

from mfa.admin.enabling import OpenCheck, open_checks, switch_on
from mfa.admin.forms import SMS_FIELDS
from mfa.client import Client
from mfa.messages import changes, sms_account
from mfa.messages.changes import Change
from mfa.models import AbstractMfaUser, AccountPolicy, SmsAccount, SmsValues


def save(
    policy: AccountPolicy,
    values: SmsValues,
    changed: set[str],
    *,
    by: AbstractMfaUser,
    client: Client,
) -> list[OpenCheck]:
    """Save the changed fields of a form; return what keeps MFA from being switched on.

    New SMS values wait for a superuser once MFA has been enabled. A separate page asks before MFA
    is turned off, so `policy.enabled` stays as it was.
    """
    former = AccountPolicy.load()
    ticked, policy.enabled = policy.enabled, former.enabled
    done = changed - {"enabled"}
    if changed & SMS_FIELDS:
        if former.changes_wait:
            sms_account.enter(values, by=by, client=client)
            done -= SMS_FIELDS
        else:
            _replace_values(values)
    policy.save(update_fields=(done - SMS_FIELDS) | policy.follow(former))
    turning_on = ticked and not former.enabled
    checks = open_checks(AccountPolicy.load(), by) if turning_on else []
    # Turning on again may ask everyone to set up MFA again, which a page of its own asks about.
    switched = turning_on and not checks and not policy.enrolls_again_now
    if switched:
        switch_on(policy)
    if done or switched:
        fields = sorted(done | ({"enabled"} if switched else set()))
        change = Change.MFA_ON if switched else Change.POLICY
        changes.tell(change, by=by, client=client, fields=fields)
    return checks


def _replace_values(values: SmsValues) -> None:
    """First-time setup: use the new values immediately, and forget the tests of the old ones."""
    account = SmsAccount.load()
    former, account.values = account.values, values
    if former.auth_token and former.auth_token != values.auth_token:
        account.keep_token(former.auth_token, timezone.now())
    account.save(update_fields=[*SmsValues._fields, "previous_token", "previous_token_until"])
    sms_account.forget_tests(changed_sender=values.phone_number != former.phone_number)
