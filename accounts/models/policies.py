"""The fixed policy layers of roles."""

from datetime import timedelta

from mfa.rules.methods import DEFAULT
from mfa.rules.policy import STAFF_ROLE, EmailCodes, Enforcement, Layer

# Staff can change everyone's second step. Therefore theirs is never optional and never by email
# (EM-01), so they need a backup besides the phone, and their sessions are shorter (AZ-03).
# A trusted browser does not replace it (TB-01).
STAFF = Layer(
    name=STAFF_ROLE,
    enforcement=Enforcement.REQUIRED,
    methods=DEFAULT,
    no_email=True,
    email_codes=EmailCodes.OFF,
    backup=True,
    session_life=timedelta(hours=12),
    session_idle=timedelta(minutes=15),
    trust_browser_for=timedelta(),
)
# Managers reset other people's second step, so theirs is required too. An emailed code is no proof
# for that, whatever the address (EM-07), but it may open the setup of a new phone.
MANAGER = Layer(
    name="managers",
    enforcement=Enforcement.REQUIRED,
    methods=DEFAULT,
    no_email=True,
    email_codes=EmailCodes.RECOVERY,
    session_idle=timedelta(minutes=15),
    trust_browser_for=timedelta(),
)
