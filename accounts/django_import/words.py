"""What does not come, in words: the reason, and what to do."""

from accounts.django_import.devices import Lack

# The command and its file are in English, like every command.
WORDS: dict[Lack, tuple[str, str]] = {
    Lack.NO_EMAIL: ("The person has no email.", "Add the person here by hand."),
    Lack.EMAIL: ("The email cannot get mail.", "Correct it there and run again."),
    Lack.UNPROVEN: (
        "The email was never confirmed there.",
        "Invite the person, or let them register.",
    ),
    Lack.DUPLICATE: (
        "Several people have this email.",
        "Leave it to one of them and run again.",
    ),
    Lack.STAFF: (
        "The person is staff or a superuser there.",
        "Use --with-staff to bring them as ordinary people.",
    ),
    Lack.HERE: ("The person is here already.", "Nothing: nothing was changed."),
    Lack.CONFLICT: (
        "Another person with this email was added at the same time.",
        "Run again.",
    ),
    Lack.NO_METHOD: (
        "The rules of the organization allow no second step.",
        "Change its rules and run again.",
    ),
    Lack.HASHER: (
        "The portal cannot check this password hash, or not within a login's time.",
        'The person uses "Forgot your password?".',
    ),
    Lack.NAME: ("The name cannot be used.", "The person or staff can enter it."),
    Lack.USERNAME: (
        "The username is taken or cannot be used.",
        "The person logs in with the email.",
    ),
    Lack.RECOVERY_CODES: (
        "Recovery codes cannot be moved.",
        "The person saves new codes after logging in.",
    ),
    Lack.UNCONFIRMED: ("The setup was never finished.", "Nothing: it never worked."),
    Lack.SETTINGS: (
        "The app does not use six digits and 30 seconds.",
        "The person sets up a second step.",
    ),
    Lack.UNREADABLE: (
        "The app's secret is encrypted, broken, too short or too long.",
        "The person sets up a second step.",
    ),
    Lack.NUMBER: (
        "The number cannot get texts.",
        "The person adds a mobile number.",
    ),
    Lack.OTHER_SITE: (
        "The passkey belongs to another web address.",
        "The person adds a new one. Passkeys move only if the host name stays.",
    ),
    Lack.KEY: (
        "The passkey cannot be read, or its kind is not supported.",
        "The person adds a new one.",
    ),
    Lack.TAKEN: ("The passkey or its account number is here already.", "Check who has it."),
    Lack.TOO_MANY: (
        "The person has the most of this kind already.",
        "Nothing, or the person replaces one.",
    ),
    Lack.OTHER_KIND: (
        "The portal has no second step of this kind.",
        "The person sets up another one.",
    ),
    Lack.CLOCK: (
        "The app comes, but the clock of its phone is wrong.",
        "The login page says by how much. The person corrects the clock.",
    ),
}
