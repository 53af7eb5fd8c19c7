"""What a restored dump must not open again (S21)."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from mfa.factors import recovery_codes
from mfa.models import Factor, OutboxMessage
from mfa.sessions import devices
from portal import backups
from tests.conftest import give_codes, make_user
from tests.lost_phone import no_codes_by_email, start
from tests.mfa.test_pauses import POWERS, give
from tests.one_time_passes import made
from tests.portal_client import Browser, code

pytestmark = pytest.mark.usefixtures("clock")

SECURITY, CODES = "/me/security/", "/me/security/codes/"
WARNING = "The portal was restored from a backup"


def by_code(user: User, typed: str) -> Browser:
    browser = Browser()
    browser.password(user)
    browser.post("/login/choose/", {"route": f"recovery_codes-{recovery_codes.codes_of(user).pk}"})
    browser.post("/login/recovery-code/", {"code": typed})
    return browser


@pytest.mark.parametrize("power", POWERS)
def test_restore_revokes_recovery_codes_of_staff(alice: User, power: str) -> None:
    give(alice, power)
    give_codes(alice)
    backups.settle()
    assert recovery_codes.codes_of(alice) is None
    assert alice.factors.usable().get().kind == "phone"


def test_staff_make_new_ones_at_the_next_login(root: User) -> None:
    backups.settle()
    browser = Browser()
    browser.password(root)
    phone = root.factors.usable().get().target
    assert browser.post("/login/verify/", {"code": code(phone)}).url == "/login/enroll/done/"
    browser.post("/login/enroll/done/", {"make": "1"})
    assert recovery_codes.left(recovery_codes.codes_of(root)) == 10


def test_others_keep_recovery_codes_and_are_notified_at_each_use(alice: User) -> None:
    """A code used after the dump works once more, and is always notified."""
    alice.groups.add(Group.objects.create(name="Pilot"))
    first, second, *_rest = give_codes(alice)
    backups.settle()
    for typed, left in ((first, 9), (second, 8)):
        assert by_code(alice, typed).signed_in
        mail = OutboxMessage.objects.filter(target=alice.email, body__contains=WARNING)
        assert f"You have {left} codes left" in mail.latest("pk").body
    assert mail.count() == 2


def test_others_are_asked_to_make_new_codes(alice: User) -> None:
    codes = give_codes(alice)
    backups.settle()
    hers = by_code(alice, codes[0])
    for page in (SECURITY, CODES):
        assert WARNING in hers.get(page).content.decode()
    hers.post(CODES)
    for page in (SECURITY, CODES):
        assert WARNING not in hers.get(page).content.decode()
    assert not Factor.objects.usable().exclude(restored_at=None).exists()


def test_nobody_is_asked_for_new_codes_without_restore(alice: User) -> None:
    hers = by_code(alice, give_codes(alice)[0])
    assert WARNING not in hers.get(SECURITY).content.decode()
    assert not OutboxMessage.objects.filter(body__contains=WARNING).exists()


def test_restored_request_or_pass_opens_nothing(alice: User, root: User, clock) -> None:
    """The owner may have stopped the request after the dump, and the pass may have been used."""
    no_codes_by_email()
    browser = Browser()
    held = start(browser, alice)
    given = made(root, alice)
    backups.settle()
    clock.move_to(held.ready_at)
    browser.password(alice)
    assert "Start the wait" in browser.get("/recover/").content.decode()
    assert browser.get("/login/mailbox/").status_code == 302
    browser.post("/login/pass/", {"code": given})
    assert browser.get("/login/enroll/phone/").url != "/login/enroll/phone/"
    assert alice.factors.get().status == "active"


def test_devices_and_links_from_after_the_dump_stay_invalid(alice: User) -> None:
    """An epoch reached after the dump is never reached again."""
    later = User(pk=alice.pk, device_epoch=3, session_epoch=3)
    stored = make_user("dumped@example.org", device_epoch=1, session_epoch=1)
    backups.settle()
    stored.refresh_from_db()
    assert stored.session_epoch > later.session_epoch + 1000
    assert stored.device_epoch > later.device_epoch + 1000
    alice.refresh_from_db()
    request = type("Request", (), {"COOKIES": {devices.cookie_name(): part_of(later)}})()
    assert devices.count_of(request, later)
    assert not devices.count_of(request, alice)


def part_of(user: User) -> str:
    """The cookie of a browser in which someone logged in."""
    return devices._signer(user).sign("0")
