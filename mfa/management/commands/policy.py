"""`manage.py policy show|export|apply`: the site's policy in words, as a file, and from a file."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.utils import timezone

from mfa.admin.previewing import impact_of, later_of
from mfa.forms.levels import METHODS
from mfa.login.policy_words import impact_sentences, sentence_of_site
from mfa.messages import changes
from mfa.messages.changes import Change
from mfa.models import SitePolicy
from mfa.models.level import Level
from mfa.models.presets import PRESETS
from mfa.rules.regions import MAIN_REGIONS, is_region

# What every level has
LEVEL_FIELDS = tuple(field.name for field in Level._meta.fields if field.editable)  # noqa: SLF001 Django's public name
# The settings of the file, without the SMS account, its token, and the switch that needs a test
FIELDS = (
    *LEVEL_FIELDS,
    "registration",
    "may_relax_to",
    "staff_passkeys_from",
    "texts_a_day",
    "login_with",
    "says_otp",
)
MOMENTS = {"deadline", "skips_until", "passkeys_from", "staff_passkeys_from"}
# Those that must be in the future when they change: they would change the requirement at once
STARTS = {"deadline", "passkeys_from", "staff_passkeys_from"}


class Command(BaseCommand):
    """Applies with the checks, the audit and the notices of the Account Policy page."""

    help = (
        "show: the policy in one sentence and its settings. export: print the settings as JSON, "
        "without secrets. apply FILE or --preset NAME: change them, after the checks of the form. "
        "--dry-run only shows who the change affects. Exit code 1: refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("what", choices=["show", "export", "apply"])
        parser.add_argument("file", nargs="?", help="a file that export printed, or a part of it")
        parser.add_argument("--preset", choices=sorted(PRESETS))
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *_args: str, **options: Any) -> None:
        """Show, export or apply."""
        if options["what"] == "show":
            self.stdout.write(sentence_of_site(SitePolicy.load()))
        if options["what"] != "apply":
            self.stdout.write(as_text(values_of(SitePolicy.load(), FIELDS)), ending="")
            return
        wishes = wishes_of(options)
        with transaction.atomic():
            self.apply(wishes, dry=options["dry_run"])

    def apply(self, wishes: dict[str, Any], *, dry: bool) -> None:
        """Change the site's policy, or only show what a change means."""
        demand_known(wishes, FIELDS)
        SitePolicy.objects.select_for_update(no_key=True, of=("self",)).get(pk=SitePolicy.load().pk)
        before, after = SitePolicy.load(), SitePolicy.load()
        fill(after, wishes)
        changed = {name for name in FIELDS if getattr(before, name) != getattr(after, name)}
        preview = ["Nothing changes."]
        if changed:
            preview = impact_sentences(impact_of(before, after), later_of(before, after))
        for line in (sentence_of_site(before), sentence_of_site(after), *preview):
            self.stdout.write(line)
        if changed and not dry:
            after.save(update_fields=changed | {"skips_from", "enroll_again_from", "trusts_from"})
            changes.tell(Change.POLICY, by=None, fields=sorted(changed))
            self.stdout.write("Saved.")


def wishes_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the file or the preset. Raises CommandError."""
    if bool(options["file"]) == bool(options["preset"]):
        raise CommandError("Name a file or a preset.")
    return dict(PRESETS[options["preset"]]) if options["preset"] else _read(options["file"])


def values_of(level: Level, names: Iterable[str]) -> dict[str, object]:
    """Return the settings in the types of JSON."""
    return {name: _plain(getattr(level, name)) for name in names}


def as_text(values: dict[str, Any]) -> str:
    """Return JSON, always in the same form."""
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(name: str) -> dict[str, Any]:
    try:
        wishes = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{name} cannot be read as JSON: {error}") from error
    demand_known(wishes, None)
    return dict(wishes)


def demand_known(wishes: object, names: Iterable[str] | None) -> None:
    """Raise CommandError unless this is an object with no other names than these, if given."""
    if not isinstance(wishes, dict):
        raise CommandError("The file has unknown settings: not an object")
    if names is not None and (unknown := wishes.keys() - set(names)):
        raise CommandError(f"The file has unknown settings: {', '.join(sorted(unknown))}")


def fill(level: Level, wishes: dict[str, Any]) -> None:
    """Set the values, after the checks of the form. Raises CommandError."""
    former = {name: getattr(level, name, None) for name in STARTS}
    for name, value in wishes.items():
        if not _fits(level._meta.get_field(name), value):  # noqa: SLF001 Django's public name
            raise CommandError(f"Refused: {name} cannot have this value")
    if unknown := set(wishes.get("methods", ())) - dict(METHODS).keys():
        raise CommandError(f"Refused: unknown method {', '.join(sorted(unknown))}")
    try:
        for name, value in wishes.items():
            field = level._meta.get_field(name)  # noqa: SLF001 Django's public name
            set_to = field.to_python(value)  # type: ignore[union-attr]
            setattr(level, name, set_to.astimezone(UTC) if value and name in MOMENTS else set_to)
        level.full_clean()
    except (ValidationError, TypeError, ValueError, OverflowError) as error:
        words = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        raise CommandError(f"Refused: {words}") from error
    for name, before in former.items():
        start = getattr(level, name, None)
        if start and start != before and start <= timezone.now():
            raise CommandError(f"Refused: {name} is in the past")


def _fits(field: object, value: Any) -> bool:
    """Whether a value of a file has the type of its column, and names only known countries."""
    match field:
        case models.JSONField(name=name):
            texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
            return texts and (name == "methods" or set(value) <= set(MAIN_REGIONS))
        case models.BooleanField():
            return value is None or isinstance(value, bool)
        case models.IntegerField():
            return value is None or type(value) is int
        case models.DateTimeField():
            return value is None or isinstance(value, str)
    known = getattr(field, "name", "") != "home_region" or value == "" or is_region(str(value))
    return isinstance(value, str) and value.isprintable() and known
