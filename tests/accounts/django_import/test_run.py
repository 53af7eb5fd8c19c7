"""`manage.py import_django`: people of three packages log in with what they had."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.management import CommandError, call_command

from accounts.models import ImportedHash, User
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy
from mfa.models.passkeys import Passkey
from mfa.rules import base32
from tests.accounts.django_import.conftest import Dump
from tests.authenticator import shows
from tests.conftest import give_phone, make_user
from tests.django_import.project.people import PASSWORD
from tests.organizations import organization
from tests.passkeys import LOG_IN, SECOND, answered, new_key
from tests.portal_client import Browser, code
from tests.security_key import SecurityKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy")]
VERIFY = "/login/verify/"
SHORT = 30
SIZES = [SHORT, pytest.param(1000, marks=pytest.mark.full)]
Make = Callable[[str, int], Dump]


def said(dump: Dump, *options: str) -> str:
    out = StringIO()
    call_command("import_django", str(dump.path), *options, stdout=out)
    return out.getvalue()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reasons_in(path: Path) -> dict[tuple[str, str], str]:
    return {(row["email"], row["what"]): row["why"] for row in rows_of(path)}


def person_of(fact: dict) -> User:
    return User.objects.get(email=fact["email"])


def secret_of(fact: dict) -> bytes:
    return bytes.fromhex(fact["secret"]) if fact["secret"] else base32.decode(fact["base32"])


def log_in_by_app(fact: dict) -> Browser:
    """The newest code may be used there already, so the app shows the next one."""
    browser = Browser()
    assert browser.password(person_of(fact), PASSWORD).url == VERIFY
    browser.post(VERIFY, {"code": shows(secret_of(fact), later=1)})
    return browser


def log_in_by_text(fact: dict) -> Browser:
    browser = Browser()
    assert browser.password(person_of(fact), PASSWORD).url == VERIFY
    browser.post(VERIFY, {"code": code(fact["number"])})
    return browser


def key_of(fact: dict) -> SecurityKey:
    key = new_key(
        credential_id=bytes.fromhex(fact["credential"]),
        handle=bytes.fromhex(fact["handle"]),
        counter=fact["counter"],
    )
    key.key = load_pem_private_key(fact["key"].encode(), None)
    return key


@pytest.mark.parametrize("size", SIZES)
def test_people_of_django_otp_log_in_with_password_and_app(
    dump: Make, size: int, tmp_path: Path
) -> None:
    here = make_user("here@example.org")
    give_phone(here, "+447700900300")
    before = User.objects.filter(pk=here.pk).values().get()
    made = dump("otp", size)
    left_out = tmp_path / "left.csv"
    dry = said(made, "--dry-run", "--left-out", str(left_out))
    assert User.objects.count() == 1
    assert not ImportedHash.objects.exists()
    named = left_out.read_text()
    real = said(made, "--left-out", str(left_out))
    assert dry == f"{real}Nothing was imported: this was a dry run.\n"
    assert left_out.read_text() == named
    # All but staff, two without an email, the twins, and the one who is here
    assert f"{size + 14} people in that project, {size + 7} new" in real
    assert Factor.objects.filter(kind="app", status="active").count() == size + 3
    assert AuditEvent.objects.filter(event=Event.IMPORTED).count() == size + 7
    assert not OutboxMessage.objects.exists()
    assert not User.objects.filter(is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert User.objects.filter(pk=here.pk).values().get() == before
    assert here.factors.count() == 1
    assert log_in_by_app(made.facts[0]).signed_in
    assert log_in_by_app(made.facts[-1]).signed_in
    # A used code stays used, and the old password's hash is ours after the login.
    assert person_of(made.facts[0]).password.startswith("argon2$")
    assert person_of(made.facts[1]).password_imported_at is not None


def test_everything_left_out_is_named(dump: Make, tmp_path: Path) -> None:
    make_user("here@example.org")
    left_out = tmp_path / "left.csv"
    said(dump("otp", SHORT), "--left-out", str(left_out))
    why = reasons_in(left_out)
    staff = "The person is staff or a superuser in the other project."
    assert why["staff@example.org", "auth.user"] == staff
    assert why["root@example.org", "auth.user"] == staff
    assert why["", "auth.user"] == "The person has no email."
    assert why["bad@nowhere", "auth.user"] == "The email address is not valid."
    assert why["same@example.org", "auth.user"] == "Several people have this email."
    assert why["here@example.org", "auth.user"] == "The person already has an account here."
    settings = "The app does not use six digits and 30 seconds."
    assert why["eight@example.org", "otp_totp.totpdevice"] == settings
    assert why["minute@example.org", "otp_totp.totpdevice"] == settings
    assert "clock" in why["fast@example.org", "otp_totp.totpdevice"]
    assert why["unfinished@example.org", "otp_totp.totpdevice"] == "The setup was never finished."
    codes = "Recovery codes cannot be moved."
    assert why["codes@example.org", "otp_static.staticdevice"] == codes
    hasher = "The portal cannot check this password hash, or not within a login's time."
    assert why["scrypt@example.org", "password"] == hasher
    assert why["odd+1@example.org", "name"] == "The name cannot be used."
    assert not User.objects.get(email="scrypt@example.org").has_usable_password()
    assert not User.objects.get(email="fast@example.org").is_active
    assert all(not cell.startswith("=") for row in rows_of(left_out) for cell in row.values())


def test_password_adds_nothing_where_the_factor_was_lost(dump: Make) -> None:
    """S12: who had a second step there proves the email address before adding another."""
    said(dump("otp", SHORT))
    for name, was_bound in (("eight", True), ("unfinished", False), ("codes", False)):
        person = User.objects.get(email=f"{name}@example.org")
        assert (person.ever_bound_at is not None) is was_bound
        assert not person.factors.exists()
        browser = Browser()
        asked = browser.password(person, PASSWORD).url
        assert ("enroll" in asked) is not was_bound
        last = browser.get("/login/enroll/phone/", follow=True).redirect_chain
        assert bool(last) is was_bound
        assert not browser.signed_in


def test_staff_come_as_ordinary_people_if_asked(dump: Make) -> None:
    said(dump("otp", SHORT), "--with-staff")
    staff = User.objects.filter(email__in=["staff@example.org", "root@example.org"])
    assert {(each.is_staff, each.is_superuser) for each in staff} == {(False, False)}
    assert staff.count() == 2


def test_second_run_brings_only_what_is_new(dump: Make, tmp_path: Path) -> None:
    made = dump("otp", SHORT)
    organization("Acme")
    said(made, "--organization", "acme")
    joined = User.objects.filter(home__organization__slug="acme").count()
    assert joined == User.objects.count() == SHORT + 8
    before = list(User.objects.values().order_by("pk"))
    gone = User.objects.filter(email=made.facts[0]["email"])
    gone.delete()
    left_out = tmp_path / "left.csv"
    again = said(made, "--organization", "acme", "--left-out", str(left_out))
    assert f"{SHORT + 14} people in that project, 1 new" in again
    assert f"{SHORT + 7} here: The person already has an account here." in again
    # Those who came with the first run are not named again, and those who cannot come are.
    assert "already has an account" not in left_out.read_text()
    assert "staff@example.org" in left_out.read_text()
    assert list(User.objects.values().order_by("pk"))[:-1] == before[1:]


@pytest.mark.parametrize("size", SIZES)
def test_people_of_two_factor_auth_log_in_by_text_or_app(
    dump: Make, size: int, tmp_path: Path
) -> None:
    made = dump("two_factor", size)
    left_out = tmp_path / "left.csv"
    words = said(made, "--left-out", str(left_out))
    assert f"{size + 2} people in that project, {size + 2} new" in words
    assert f"second steps: {size // 2 + 1} app, {size // 2 + 1} phone" in words
    assert log_in_by_text(made.facts[0]).signed_in
    assert log_in_by_app(made.facts[1]).signed_in
    assert log_in_by_text(made.facts[-2]).signed_in
    both = User.objects.get(email="both@example.org")
    assert sorted(both.factors.values_list("kind", flat=True)) == ["app", "phone"]
    why = reasons_in(left_out)
    assert why["desk@example.org", "phonenumber.phonedevice"] == "The number cannot get texts."


@pytest.mark.parametrize("size", SIZES)
def test_people_of_allauth_log_in_by_app_or_passkey(dump: Make, size: int, tmp_path: Path) -> None:
    made = dump("allauth", size)
    left_out = tmp_path / "left.csv"
    words = said(made, "--left-out", str(left_out))
    assert f"{size + 4} people in that project, {size + 3} new" in words
    assert f"second steps: {size - 20} app, 20 passkey" in words
    assert log_in_by_app(made.facts[-1]).signed_in
    first, second = made.facts[:2]
    browser = Browser()
    assert browser.password(person_of(first), PASSWORD).url == SECOND
    answered(browser, key_of(first), SECOND)
    assert browser.signed_in
    alone = Browser()
    answered(alone, key_of(second), LOG_IN)
    assert alone.signed_in
    why = reasons_in(left_out)
    unproven = "The email was never confirmed in the other project."
    assert why["stranger@example.org", "auth.user"] == unproven
    authenticator = "mfa.authenticator"
    other = "The passkey belongs to another web address."
    assert why["elsewhere@example.org", authenticator] == other
    assert "not supported" in why["edwards@example.org", authenticator]
    assert "encrypted" in why["encrypted@example.org", authenticator]
    assert why["all1@example.org", authenticator] == "Recovery codes cannot be moved."
    assert Passkey.objects.count() == 20
    assert person_of(first).mailbox_proven_at is not None


def test_other_settings_of_allauths_apps_are_refused_by_name(dump: Make, tmp_path: Path) -> None:
    """Its tables do not hold them, and an app that counts otherwise would never work here."""
    made, left_out = dump("allauth", SHORT), tmp_path / "left.csv"
    for option in (("--totp-digits", "8"), ("--totp-period", "60")):
        words = said(made, "--dry-run", "--left-out", str(left_out), *option)
        assert "second steps: 20 passkey" in words
        reason = "The app does not use six digits and 30 seconds."
        assert reasons_in(left_out)[made.facts[-1]["email"], "mfa.authenticator"] == reason


def test_usernames_come_where_people_log_in_with_them(dump: Make, policy: SitePolicy) -> None:
    policy.login_with = "username"
    policy.save()
    made = dump("otp", SHORT)
    make_user("other@example.org", username="otp1")
    said(made)
    assert person_of(made.facts[0]).username == "otp0"
    assert person_of(made.facts[1]).username is None
    browser = Browser()
    browser.post("/login/", {"email": "otp0", "password": PASSWORD})
    browser.post(VERIFY, {"code": shows(secret_of(made.facts[0]), later=1)})
    assert browser.signed_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There are no people of auth.user"),
        ("[]", "There are no people of auth.user"),
        ("{}", "was not written by dumpdata"),
        ('[{"model": "auth.user", "pk": 1, "fields": {}}', "its end is missing"),
        ('[{"model": "auth.user", "pk": 1, "fie', "its end is missing"),
        ("[" * 100_000, "nested too deeply"),
        ("\xff\xfe", "is not UTF-8"),
        ('[{"model": "people.person", "pk": 1, "fields": {"password": ""}}]', "people.person"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "dump.json"
    path.write_bytes(text.encode("latin-1") + (b"\xff" if text == "\xff\xfe" else b""))
    with pytest.raises(CommandError, match=words):
        call_command("import_django", str(path))
    assert not User.objects.exists()
