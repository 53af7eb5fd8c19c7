"""People with a confirmed phone, with MFA on. Run it as a program beside a prepared portal.

`python -m tests.processes.people ben 3` makes ben0, ben1 and ben2 at example.com.
"""

import sys
from zlib import crc32

from tests.processes.portal import ACCOUNT, PASSWORD, Portal
from tests.processes.process import python, run


def enroll(portal: Portal, name: str, most: int = 1) -> list[str]:
    """Create this many people. Return their emails."""
    run(python("tests.processes.people", name, str(most)), portal.env)
    return [email_of(name, number) for number in range(most)]


def email_of(name: str, number: int) -> str:
    return f"{name}{number}@example.com"


def number_of(email: str) -> str:
    """Return a UK mobile number for each address, spread over many blocks of a thousand."""
    return f"+447{500_000_000 + crc32(email.encode()) % 90_000_000}"


def main(name: str, most: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import User
    from mfa.models import Factor, SitePolicy, SmsAccount, SmsValues

    policy, account = SitePolicy.load(), SmsAccount.load()
    account.values = SmsValues(ACCOUNT.sid, ACCOUNT.token, next(iter(ACCOUNT.numbers)))
    account.tested_at, account.tested_credentials = timezone.now(), account.credentials()
    account.save()
    policy.home_region, policy.contact = "GB", "the help desk"
    policy.enabled = True
    policy.save()
    now, password = timezone.now(), make_password(PASSWORD)
    emails = [email_of(name, number) for number in range(most)]
    people = User.objects.bulk_create(
        User(email=email, password=password, ever_bound_at=now) for email in emails
    )
    Factor.objects.bulk_create(
        Factor(user=user, target=number_of(user.email), confirmed_at=now) for user in people
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
