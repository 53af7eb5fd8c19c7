"""`manage.py why pat@example.com`: why this person can or cannot get in, and what happened last."""

import json
import re
from argparse import ArgumentParser

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from mfa import verdicts
from mfa.rules.emails import normalize


class Command(BaseCommand):
    """Only looks: nothing is sent, counted or written."""

    help = (
        "Say whether a person gets in now, why, and what happened last; no codes, no full numbers. "
        "Exit code 0 when they can, 1 when they cannot, 2 when nobody has this email."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person."""
        parser.add_argument("email", help="or the person's number in the audit, also once deleted")
        parser.add_argument("--json", action="store_true", help="one object")

    def handle(self, *_args: str, **options: str) -> None:
        """Print the verdict and the timeline."""
        verdict = _verdict(options["email"].strip())
        write = self._data if options["json"] else self._text
        write(verdict)
        if not verdict.can:
            raise SystemExit(1)

    def _text(self, verdict: verdicts.Verdict) -> None:
        self.stdout.write(verdict.words)
        for reason in verdict.reasons:
            self.stdout.write(f"- {reason}")
        for at, words in verdict.timeline:
            self.stdout.write(f"{at:%Y-%m-%d %H:%M:%S} {words}")

    def _data(self, verdict: verdicts.Verdict) -> None:
        data = {
            "can": verdict.can,
            "verdict": verdict.words,
            "reasons": verdict.reasons,
            "timeline": [{"at": at.isoformat(), "what": what} for at, what in verdict.timeline],
        }
        self.stdout.write(json.dumps(data, indent=1))


def _verdict(named: str) -> verdicts.Verdict:
    people = get_user_model().objects
    if not re.fullmatch(r"[0-9]{1,18}", named):
        email = normalize(named)
        if user := people.filter(email=email).first():
            return verdicts.of(user)
        raise CommandError(f"Nobody has the email {email}.", returncode=2)
    if user := people.filter(pk=int(named)).first():
        return verdicts.of(user)
    if verdict := verdicts.of_deleted(int(named)):
        return verdict
    raise CommandError(f"Nobody has or had the number {named}.", returncode=2)
