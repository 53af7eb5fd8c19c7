"""`manage.py policy`: the site's policy in words, as a file and from a file."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from mfa.models import AuditEvent, SitePolicy
from tests.organizations import organization, settings


def policy_command(*arguments: str) -> str:
    out = StringIO()
    call_command("policy", *arguments, stdout=out)
    return out.getvalue()


def test_export_and_apply_are_a_round_trip(policy: SitePolicy, tmp_path: Path) -> None:
    settings(policy, enforcement="optional", most_skips=3, methods=["app"], contact="Zoë")
    file = tmp_path / "policy.json"
    file.write_bytes(policy_command("export").encode())
    assert "token" not in file.read_text()
    assert "AC0000" not in file.read_text()
    settings(SitePolicy.load(), enforcement="", most_skips=None, methods=[], contact="")
    assert "Saved." in policy_command("apply", str(file))
    assert policy_command("export").encode() == file.read_bytes()
    assert "Nothing changes." in policy_command("apply", str(file))
    assert "People can set up an authenticator app, or skip it." in policy_command("show")


def test_dry_run_shows_the_preview_and_saves_nothing(policy: SitePolicy, bob: User) -> None:
    settings(policy, enforcement="off")
    said = policy_command("apply", "--preset", "provider", "--dry-run")
    assert "1 person will be asked to set up a phone at the next login" in said
    assert SitePolicy.load().enforcement == "off"
    policy_command("apply", "--preset", "provider")
    assert SitePolicy.load().enforcement == "required"
    assert AuditEvent.objects.filter(event="policy_changed").count() == 1


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"methods": ["phone"]}, "leaves no verification method"),
        ({"methods": ["smoke"]}, "unknown method"),
        ({"code_life_minutes": 99}, "less than or equal to 10"),
        ({"sms_auth_token": "x"}, "unknown settings: sms_auth_token"),
        ([], "unknown settings"),
        ({"methods": None}, "methods cannot have this value"),
        ({"methods": [["phone"]]}, "methods cannot have this value"),
        ({"enroll_countries": "GB"}, "enroll_countries cannot have this value"),
        ({"text_countries": ["XX"]}, "text_countries cannot have this value"),
        ({"home_region": "gb"}, "home_region cannot have this value"),
        ({"enforcement": None}, "enforcement cannot have this value"),
        ({"enforcement": "REQUIRED"}, "Refused"),
        ({"contact": "\ud800"}, "contact cannot have this value"),
        ({"code_life_minutes": 2.9}, "code_life_minutes cannot have this value"),
        ({"may_close": "yes"}, "may_close cannot have this value"),
        ({"session_hours": 10**30}, "Refused"),
        ({"deadline": 5}, "deadline cannot have this value"),
        ({"methods": ["push"]}, "this portal has no key for it"),
        ({"deadline": "9999-12-31T23:59:59-12:00"}, "Refused"),
    ],
)
def test_file_that_breaks_a_rule_is_refused(
    wishes: object, words: str, policy: SitePolicy, tmp_path: Path
) -> None:
    organization("Clinic", methods=["app"])
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(wishes))
    with pytest.raises(CommandError, match=words):
        policy_command("apply", str(file))
    assert SitePolicy.load().methods == []


def test_apply_needs_one_readable_source(policy: SitePolicy, tmp_path: Path) -> None:
    for arguments in ((), (str(tmp_path / "none"),), ("a", "--preset", "patient")):
        with pytest.raises(CommandError):
            policy_command("apply", *arguments)


@pytest.mark.parametrize("name", ["passkeys_from", "staff_passkeys_from"])
def test_date_for_passkeys_is_applied_with_its_preview(
    name: str, policy: SitePolicy, root: User, tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({name: "2020-01-01T00:00:00+00:00"}))
    with pytest.raises(CommandError, match=f"Refused: {name} is in the past"):
        policy_command("apply", str(file))
    file.write_text(json.dumps({name: "2099-03-01T00:00:00+00:00"}))
    said = policy_command("apply", str(file))
    assert "From 1 March 2099: 1 person will be asked to set up a passkey" in said
    stored = SitePolicy.load()
    assert getattr(stored, name).year == 2099
    # The trust in browsers ends as on the page (TB-02). Staff have none.
    assert (stored.trusts_from is not None) is (name == "passkeys_from")
    assert '"2099-03-01T00:00:00+00:00"' in policy_command("export")
    assert "need" in policy_command("show")
