"""`manage.py why pat@example.com`: why a person can or cannot log in, and the latest events."""

import json
import re
from argparse import ArgumentParser

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from mfa.login import diagnose
from mfa.rules.emails import normalize


class Command(BaseCommand):
    """Read-only: nothing is sent, counted or written."""

    help = (
        "Show whether a person can log in now, why, and the latest events. Never shows codes or "
        "full numbers. Exit code 0: can log in. 1: cannot. 2: no person with this email."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person."""
        parser.add_argument(
            "email", help="or the person's number in the audit (also of a deleted person)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: str, **options: str) -> None:
        """Print the verdict and the timeline."""
        verdict = _verdict(options["email"].strip())
        write = self._data if options["json"] else self._text
        write(verdict)
        if not verdict.can:
            raise SystemExit(1)

    def _text(self, verdict: diagnose.Verdict) -> None:
        self.stdout.write(verdict.words)
        for reason in verdict.reasons:
            self.stdout.write(f"- {reason}")
        for each in verdict.timeline:
            more = f" ({', '.join(each.more)})" if each.more else ""
            self.stdout.write(f"{each.at:%Y-%m-%d %H:%M:%S} {each.what}{more}")

    def _data(self, verdict: diagnose.Verdict) -> None:
        data = {
            "can": verdict.can,
            "verdict": verdict.words,
            "reasons": verdict.reasons,
            "timeline": [
                {"at": each.at.isoformat(), "what": each.what, "more": each.more}
                for each in verdict.timeline
            ],
        }
        self.stdout.write(json.dumps(data, indent=1))


def _verdict(named: str) -> diagnose.Verdict:
    people = get_user_model().objects
    if not re.fullmatch(r"[0-9]{1,18}", named):
        email = normalize(named)
        if user := people.filter(email=email).first():
            return diagnose.of(user)
        raise CommandError(f"There is no person with the email {email}.", returncode=2)
    if user := people.filter(pk=int(named)).first():
        return diagnose.of(user)
    if verdict := diagnose.of_deleted(int(named)):
        return verdict
    raise CommandError(f"There is no person with the number {named}.", returncode=2)
