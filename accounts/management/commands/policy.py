"""`manage.py policy show|export|apply`: the rules of the site and of organizations."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from accounts import policies
from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import rules
from mfa.login.policy_words import impact_sentences, sentence_of
from mfa.management.commands import policy
from mfa.management.commands.policy import LEVEL_FIELDS, as_text, demand_known, fill, values_of
from mfa.models import SitePolicy

# The two levels of an organization
OWN, FOR_CLIENTS = "own", "for_clients"
SITE, ORGANIZATIONS = "site", "organizations"
# People register at one organization, so the rules for clients have no such setting.
FIELDS = {OWN: (*LEVEL_FIELDS, "registration"), FOR_CLIENTS: LEVEL_FIELDS}


class Command(policy.Command):
    """Adds the rules of organizations to the command for the site's policy."""

    help = (
        f"{policy.Command.help} --organization SLUG: an organization's rules for its own people; "
        "with --clients those for its clients. export --all: one file with the rules of all levels."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which level."""
        super().add_arguments(parser)
        parser.add_argument("--organization", metavar="SLUG", help="the short name")
        parser.add_argument("--clients", action="store_true", help="the rules for its clients")
        parser.add_argument("--all", action="store_true", help="export the rules of all levels")

    def handle(self, *args: str, **options: Any) -> None:
        """Show, export or apply the rules of a level, or of all."""
        if options["organization"]:
            self._organization(options)
        elif options["all"] and options["what"] == "export":
            self.stdout.write(as_text(everything()), ending="")
        elif options["all"] or options["clients"]:
            raise CommandError("--all is for export, and --clients needs --organization.")
        else:
            super().handle(*args, **options)

    def apply(self, wishes: dict[str, Any], *, dry: bool) -> None:
        """Change the site's policy, or the rules of all levels in the file."""
        if not wishes.keys() & {SITE, ORGANIZATIONS}:
            super().apply(wishes, dry=dry)
            return
        demand_known(wishes, (SITE, ORGANIZATIONS))
        demand_known(wishes.get(ORGANIZATIONS, {}), None)
        policies.hold()
        changed = self._fill(wishes.get(ORGANIZATIONS, {}))
        # Now the site is checked against the organizations' new rules, and these against the site.
        if SITE in wishes:
            super().apply(wishes[SITE], dry=False)
        for organization, level in changed:
            if conflict := rules.conflict_with(_found(organization.slug), level):
                raise CommandError(f"Refused: {conflict}")
            if rules.demands_less(_found(organization.slug), level):
                words = f"{organization.slug}: {rules.DEMANDS_LESS}"
                raise CommandError(f"Refused: {words}")
        if dry:
            transaction.set_rollback(True)
            self.stdout.write("This was a dry run: nothing is saved.")

    def _organization(self, options: dict[str, Any]) -> None:
        name = FOR_CLIENTS if options["clients"] else OWN
        organization = _found(options["organization"])
        level: OrganizationPolicy = getattr(organization, name)
        if options["what"] == "show":
            self.stdout.write(sentence_of(rules.policy_with(organization, level)))
        if options["what"] != "apply":
            self.stdout.write(as_text(values_of(level, FIELDS[name])), ending="")
            return
        wishes = policy.wishes_of(options)
        if options["preset"]:
            wishes = {key: value for key, value in wishes.items() if key in FIELDS[name]}
        with transaction.atomic():
            levels = {ORGANIZATIONS: {organization.slug: {name: wishes}}}
            self.apply(levels, dry=options["dry_run"])

    def _fill(self, organizations: dict[str, Any]) -> list[tuple[Organization, OrganizationPolicy]]:
        """Save the new rules of organizations, and say what each change means."""
        changed = []
        for slug, levels in organizations.items():
            organization = _found(slug)
            demand_known(levels, (OWN, FOR_CLIENTS))
            for name, wishes in levels.items():
                demand_known(wishes, FIELDS[name])
                level = OrganizationPolicy.objects.get(pk=getattr(organization, f"{name}_id"))
                before = values_of(level, FIELDS[name])
                fill(level, wishes)
                if values_of(level, FIELDS[name]) != before:
                    self._save(organization, level)
                    changed.append((organization, level))
        if not changed:
            self.stdout.write("No organization's rules change.")
        return changed

    def _save(self, organization: Organization, level: OrganizationPolicy) -> None:
        rules.follow(organization, level)
        now = timezone.now()
        impact = rules.impact_of(organization, level, now)
        clients = " (for its clients)" if rules.is_for_clients(organization, level) else ""
        sentence = sentence_of(rules.policy_with(organization, level))
        self.stdout.write(f"{organization.slug}{clients}: {sentence}")
        for line in impact_sentences(impact, rules.later_of(organization, level, now)):
            self.stdout.write(f"  {line}")
        rules.store(None, organization, level)


def everything() -> dict[str, Any]:
    """Return the rules of all levels, without secrets."""
    rows = Organization.objects.select_related("own", "for_clients").order_by("slug")
    return {
        SITE: values_of(SitePolicy.load(), policy.FIELDS),
        ORGANIZATIONS: {
            each.slug: {
                name: values_of(getattr(each, name), names) for name, names in FIELDS.items()
            }
            for each in rows
        },
    }


def _found(slug: str) -> Organization:
    rows = Organization.objects.select_related("own", "for_clients", "parent__for_clients", "site")
    organization = rows.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization with the short name {slug}.", returncode=2)
    return organization
