"""`manage.py policy` for organizations: one level, and all levels in one file."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Organization, User
from mfa.models import AuditEvent, Event, SitePolicy
from tests.organizations import join, organization, settings


def policy_command(*arguments: str) -> str:
    out = StringIO()
    call_command("policy", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def acme(policy: SitePolicy, bob: User) -> Organization:
    made = organization("Acme", methods=["phone"], contact="Zoë")
    settings(made.for_clients, most_skips=2)
    join(bob, made)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.json"


def own(company: Organization) -> object:
    return Organization.objects.get(pk=company.pk).own


def test_all_levels_are_a_round_trip(acme: Organization, file: Path) -> None:
    organization("Globex", parent=acme, methods=["phone", "app"])
    settings(SitePolicy.load(), code_life_minutes=8)
    file.write_bytes(policy_command("export", "--all").encode())
    assert "token" not in file.read_text()
    assert "AC0000" not in file.read_text()
    # Each new level alone would leave no method beside one of the old ones.
    settings(SitePolicy.load(), code_life_minutes=None, methods=["app"])
    settings(acme.own, methods=["app"], contact="")
    settings(acme.for_clients, most_skips=None)
    assert "Saved." in policy_command("apply", str(file))
    assert policy_command("export", "--all").encode() == file.read_bytes()
    assert AuditEvent.objects.filter(event=Event.RULES_CHANGED, user=None).count() == 2
    again = policy_command("apply", str(file))
    assert "No organization's rules change." in again
    assert "Nothing changes." in again


def test_one_level_is_shown_exported_and_applied(acme: Organization, file: Path) -> None:
    shown = policy_command("show", "--organization", "acme")
    assert "Everyone sets up a phone" in shown
    file.write_text(policy_command("export", "--organization", "acme", "--clients"))
    assert json.loads(file.read_text())["most_skips"] == 2
    settings(SitePolicy.load(), may_relax_to="off")
    settings(acme.own, enforcement="off")
    file.write_text('{"methods": ["app"], "enforcement": "required"}')
    said = policy_command("apply", str(file), "--organization", "acme", "--dry-run")
    assert "1 person will be asked to set up an authenticator app" in said
    assert own(acme).methods == ["phone"]
    policy_command("apply", str(file), "--organization", "acme")
    assert own(acme).methods == ["app"]
    policy_command("apply", "--preset", "patient", "--organization", "acme")
    assert own(acme).after_enrollment == "continue"


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"site": {"methods": ["app"]}}, "leaves no verification method"),
        ({"organizations": {"globex": {}}}, "no organization with the short name globex"),
        ({"organizations": {"acme": {"own": {"methods": ["recovery_codes"]}}}}, "Refused"),
        ({"organizations": {"acme": {"own": {"texts_a_day": 5}}}}, "unknown settings: texts"),
        ({"organizations": {"acme": {"staff": {}}}}, "unknown settings: staff"),
        ({"organizations": {"acme": []}}, "not an object"),
        ({"organizations": [], "site": {}}, "not an object"),
        ({"site": {}, "sms": {}}, "unknown settings: sms"),
    ],
)
def test_file_that_breaks_a_rule_changes_no_level(
    wishes: dict[str, object], words: str, acme: Organization, file: Path
) -> None:
    before = policy_command("export", "--all")
    file.write_text(json.dumps(wishes))
    with pytest.raises(CommandError, match=words):
        policy_command("apply", str(file))
    assert policy_command("export", "--all") == before


def test_new_deadline_in_the_past_is_refused(acme: Organization, file: Path) -> None:
    over = (timezone.now() - timedelta(days=1)).isoformat()
    file.write_text(json.dumps({"deadline": over}))
    for arguments in ((), ("--organization", "acme")):
        with pytest.raises(CommandError, match="deadline is in the past"):
            policy_command("apply", str(file), *arguments)
    assert (SitePolicy.load().deadline, own(acme).deadline) == (None, None)


def test_options_that_do_not_fit_together_are_refused(acme: Organization) -> None:
    for arguments in (("show", "--clients"), ("show", "--all"), ("show", "--organization", "no")):
        with pytest.raises(CommandError):
            policy_command(*arguments)


def test_rules_below_those_above_are_refused_as_on_the_page(acme: Organization, file: Path) -> None:
    """They would have no effect."""
    file.write_text(json.dumps({"enforcement": "off"}))
    with pytest.raises(CommandError, match="acme: The levels above require more"):
        policy_command("apply", str(file), "--organization", "acme")
    assert Organization.objects.get(slug="acme").own.enforcement == ""


def test_date_for_passkeys_of_an_organization_is_applied(acme: Organization, file: Path) -> None:
    settings(acme.own, methods=[])
    file.write_text(json.dumps({"passkeys_from": "2099-03-01T00:00:00+00:00"}))
    said = policy_command("apply", str(file), "--organization", "acme")
    assert "From 1 March 2099, everyone needs a passkey." in said
    assert "From 1 March 2099: 1 person will be asked to set up a passkey" in said
    file.write_text(json.dumps({"methods": ["phone"]}))
    with pytest.raises(CommandError, match="requires passkeys but does not allow them"):
        policy_command("apply", str(file), "--organization", "acme")
