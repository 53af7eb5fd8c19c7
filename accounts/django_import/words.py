"""What cannot be imported, in words: the reason, and what to do."""

from accounts.django_import.devices import Lack

# The command and its file are in English, like every command.
WORDS: dict[Lack, tuple[str, str]] = {
    Lack.NO_EMAIL: ("The person has no email.", "Add the person in the admin."),
    Lack.EMAIL: (
        "The email address is not valid.",
        "Correct it in the other project and run again.",
    ),
    Lack.UNPROVEN: (
        "The email was never confirmed in the other project.",
        "Invite the person, or let them register.",
    ),
    Lack.DUPLICATE: (
        "Several people have this email.",
        "Keep it for one of them and run again.",
    ),
    Lack.STAFF: (
        "The person is staff or a superuser in the other project.",
        "Use --with-staff to import them as ordinary people.",
    ),
    Lack.HERE: ("The person already has an account here.", "Nothing. The account was not changed."),
    Lack.CONFLICT: (
        "Another person with this email was added at the same time.",
        "Run again.",
    ),
    Lack.NO_METHOD: (
        "The organization has rules that allow no second step.",
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
    Lack.UNCONFIRMED: ("The setup was never finished.", "Nothing. It never worked."),
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
    Lack.TAKEN: ("Another person here has this passkey.", "Check who it belongs to."),
    Lack.TOO_MANY: (
        "The person already has the maximum of this kind.",
        "Nothing, or the person replaces one.",
    ),
    Lack.OTHER_KIND: (
        "The portal has no second step of this kind.",
        "The person sets up another one.",
    ),
    Lack.CLOCK: (
        "The app is imported, but the clock of its phone is wrong.",
        "The login page says by how much. The person corrects the clock.",
    ),
}
