"""What saving the account policy does: most of it at once, the SMS account and the tick not."""

from django.utils import timezone

from mfa import changes, sms_account
from mfa.admin.enabling import OpenCheck, open_checks
from mfa.admin.forms import SMS_FIELDS
from mfa.changes import Change
from mfa.models import AccountPolicy, Protected
from mfa.models.policies import SmsValues
from mfa.origin import Origin

# What is kept for receipts of texts that went out by the former token
RECEIPTS = ("sms_auth_token_previous", "previous_token_until")


def save(
    policy: AccountPolicy, changed: set[str], *, by: Protected, origin: Origin
) -> list[OpenCheck]:
    """Save the changed fields of a form; return what keeps MFA from being switched on.

    New SMS values wait for a superuser once MFA has been enabled. Unticking is asked about on a
    page of its own, so `policy.enabled` stays as it was.
    """
    former = AccountPolicy.load()
    ticked, policy.enabled = policy.enabled, former.enabled
    done = changed - {"enabled"}
    if former.changes_wait:
        entered, policy.sms_values = policy.sms_values, former.sms_values
        done -= SMS_FIELDS
        if changed & SMS_FIELDS:
            sms_account.enter(entered, by=by, origin=origin)
            policy.refresh_from_db(fields=sms_account.CANDIDATE)
    if done & SMS_FIELDS:
        _begin_anew(policy, former.sms_values)
    policy.save(update_fields={*done, *RECEIPTS})
    turning_on = ticked and not former.enabled
    checks = open_checks(policy, by) if turning_on else []
    switched = turning_on and not checks
    if switched:
        policy.enabled = True
        policy.save(update_fields=["enabled"])
    if done or switched:
        fields = sorted(done | ({"enabled"} if switched else set()))
        change = Change.MFA_ON if switched else Change.POLICY
        changes.tell(change, by=by, origin=origin, fields=fields)
    return checks


def _begin_anew(policy: AccountPolicy, former: SmsValues) -> None:
    """First-time setup: the new values are used at once, and tests of the former say nothing."""
    if former.auth_token and former.auth_token != policy.sms_auth_token:
        policy.keep_token(former.auth_token, timezone.now())
    sms_account.forget_tests(changed_sender=policy.sms_phone_number != former.phone_number)
