"""`manage.py changepassword EMAIL`: like Django's, without overwriting parallel changes."""

import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from accounts.people import passwords
from mfa.messages import notices
from mfa.models import Event

MOST_TRIES = 3


class Command(BaseCommand):
    """Saves only the password. Django's command saves all columns as they were loaded."""

    help = "Set a person's password. All their sessions end, and they get an email about it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the email."""
        parser.add_argument("email")

    def handle(self, *_: object, **options: str) -> None:
        """Ask for the password twice, and store it. Raises CommandError."""
        try:
            person = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist:
            raise CommandError(f"There is no person with the email {options['email']}.") from None
        password = self._ask(person)
        with transaction.atomic():
            held = User.objects.select_for_update(no_key=True).get(pk=person.pk)
            passwords.store(held, password)
            notices.tell(Event.PASSWORD_CHANGED, held)
        self.stdout.write(f"The password of {held} was changed.")

    def _ask(self, person: User) -> str:
        for _ in range(MOST_TRIES):
            password = getpass.getpass("New password: ")
            if password != getpass.getpass("New password again: "):
                self.stderr.write("The two passwords are different.")
                continue
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
            else:
                return password
        raise CommandError("The password was not changed.")
