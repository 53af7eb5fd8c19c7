"""`manage.py outbox`: the messages of the demo, for people and scripts."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import suppress
from time import sleep

from django.core.management.base import BaseCommand

from mfa.models import OutboxMessage

# Seconds between two polls with --follow, short enough for someone who waits for a code
PAUSE = 0.5


class Command(BaseCommand):
    """Prints messages."""

    help = (
        "Print the demo's messages, newest first. With --follow, print new ones as they arrive. "
        "Exit code 0, or 2 if an option is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the filters, --json and --follow."""
        parser.add_argument("--to", default="", help="only messages to this number or address")
        parser.add_argument("--limit", type=_count, default=20, help="how many (default: 20)")
        parser.add_argument(
            "--json",
            action="store_true",
            help="print a JSON list; with --follow, one JSON object per line",
        )
        parser.add_argument("--follow", action="store_true", help="keep printing until Ctrl-C")

    def handle(self, *_args: str, to: str, limit: int, follow: bool, **options: bool) -> None:
        """Print the stored messages, and with --follow the new ones."""
        if not follow:
            kept = _newest(to, limit)
            as_list = json.dumps([_record(message) for message in kept], indent=1)
            self._print([as_list] if options["json"] else map(_text, kept))
            return
        line = _line if options["json"] else _text
        with suppress(KeyboardInterrupt):
            self._print(map(line, _coming(to, limit)))

    def _print(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.stdout.write(text)
            self.stdout.flush()


def _count(typed: str) -> int:
    if typed.isdecimal() and int(typed):
        return int(typed)
    msg = "a number from 1 on"
    raise ArgumentTypeError(msg)


def _newest(to: str, limit: int, *, after: int = 0) -> list[OutboxMessage]:
    kept = OutboxMessage.objects.filter(pk__gt=after)
    return list((kept.filter(target__iexact=to) if to else kept)[:limit])


def _coming(to: str, limit: int) -> Iterator[OutboxMessage]:
    last = 0
    while True:
        for message in reversed(_newest(to, limit, after=last)):
            last = message.pk
            yield message
        sleep(PAUSE)


def _record(message: OutboxMessage) -> dict[str, str]:
    return {
        "at": message.at.isoformat(),
        "channel": message.channel,
        "to": message.target,
        "subject": message.subject,
        "body": message.body,
    }


def _line(message: OutboxMessage) -> str:
    return json.dumps(_record(message))


def _text(message: OutboxMessage) -> str:
    head = f"{message.at:%Y-%m-%d %H:%M:%S} {message.channel} to {message.target}"
    return "\n".join(filter(None, (head, message.subject, message.body, "")))
