"""Both keys rotated while people are logged in or logging in: nothing is lost."""

import pytest
from cryptography.fernet import Fernet

from tests.robustness.site import Person, Site

pytestmark = pytest.mark.processes

VERIFY, ENROLL = "/login/verify/", "/login/enroll/verify/"
STRANGER = "nobody@example.com"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def enrolling(site: Site) -> Person:
    """Return a person who waits for the code of a first number."""
    person = site.person()
    site.portal.query("DELETE FROM mfa_factor WHERE target = %s", person.number)
    forget = "UPDATE accounts_user SET ever_bound_at = NULL WHERE email = %s"
    site.portal.query(forget, person.email)
    assert person.log_in() == "/login/enroll/phone/"
    person.post("/login/enroll/phone/", phone=person.number)
    assert person.path == ENROLL
    return person


def guess(person: Person) -> int:
    """Enter a wrong password for an unknown email. Return the status."""
    person.get("/login/")
    person.post("/login/", email=STRANGER, password="wrong, but long enough to be one")
    return person.status


def test_rotation_of_both_keys_affects_nobody(site: Site) -> None:
    """DT-01: sessions, pending logins, codes, attempts, lockouts and the SMS token stay valid."""
    portal = site.portal
    signed_in, halfway, worn, hasty, new = [*(site.person() for _ in range(4)), enrolling(site)]
    signed_in.log_in()
    signed_in.type(signed_in.next_code())
    halfway.log_in()
    texted_before = halfway.next_code()
    worn.log_in()
    for _ in range(4):
        worn.type(wrong(worn.next_code()))
    for _ in range(10):
        assert guess(hasty) == 200
    # Longer than two restarts on the slowest machine
    portal.query("UPDATE mfa_lockout SET until = now() + interval '10 minutes'")
    assert guess(hasty) == 429
    enrolls_with = new.next_code()

    old = {name: portal.env[name] for name in ("SECRET_KEY", "ENCRYPTION_KEYS")}
    fresh = Fernet.generate_key().decode()
    portal.restart(
        SECRET_KEY="another key of the tests: as long and as dull as the first one was",
        SECRET_KEY_FALLBACKS=old["SECRET_KEY"],
        ENCRYPTION_KEYS=f"{fresh},{old['ENCRYPTION_KEYS']}",
    )
    signed_in.get("/me/")
    assert (signed_in.path, signed_in.status) == ("/me/", 200)
    assert halfway.type(texted_before) == "/"
    worn.type(wrong(worn.next_code()))
    assert "fifth wrong code" in worn.page
    assert guess(hasty) == 429
    new.post(ENROLL, code=enrolls_with)
    assert "notice=confirmed" in new.path

    portal.manage("reencrypt")
    portal.restart(ENCRYPTION_KEYS=fresh)
    signed_in.get("/me/")
    assert (signed_in.path, signed_in.status) == ("/me/", 200)
    late = site.person()
    assert late.log_in() == VERIFY
    assert late.type(late.next_code()) == "/"
    assert len(halfway.texts()) == len(late.texts()) == 1
