"""Browsers at every station of the portal, and the station that sees each page.

A new page needs a line in PAGES, and a fixture if no browser reaches it yet. All tests over the
URLconf (safe GETs, CSRF, headers, caches, policy, accessibility) use these tables.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.csv_import import uploads
from accounts.models import Invitation, Membership, Organization, PeopleImport, Tile, User
from accounts.organizations import invitations
from mfa import passes
from mfa.audit import NOWHERE
from mfa.factors.push.devices import hash_of
from mfa.messages import notices, queue as deliveries
from mfa.models import (
    AuditEvent,
    Event,
    Factor,
    Job,
    OutboxMessage,
    Pause,
    PushDevice,
    PushRequest,
    SendBlock,
    SitePolicy,
)
from tests.conftest import make_user
from tests.organizations import MANAGER, join, organization
from tests.passkeys import give_passkey
from tests.phones import KEY as VAPID, TOKEN, give_deaf_phone
from tests.portal_client import Browser, code
from tests.registration import register

PHONE = "/login/enroll/phone/"
NEW_NUMBER = "+447700900250"
# The code of a phone that is being added
NEW_PHONE = "0123456789AB"

# URL name: a station that sees the page
PAGES = {
    "home": "home",
    "accounts:login": "stranger",
    "accounts:forgot": "stranger",
    "accounts:link_sent": "stranger",
    "accounts:register": "registering",
    "accounts:register_at": "registering",
    "accounts:register_code": "registered",
    "accounts:change_email": "home",
    "accounts:confirm_email": "moving",
    "accounts:recovery_email": "home",
    "accounts:confirm_recovery_email": "adding_email",
    "accounts:confirm_warning": "warned",
    "accounts:report": "noticed",
    "accounts:stop_recovery": "waiting",
    "accounts:confirm_pass": "called",
    "accounts:reset": "linked",
    "accounts:new_password": "resetting",
    "accounts:details": "home",
    "accounts:password": "home",
    "accounts:renew": "expired",
    "accounts:step_up": "home",
    "mfa:enroll": "enrolling",
    "mfa:enroll_app": "enrolling",
    "mfa:enroll_passkey": "enrolling",
    "mfa:enroll_phone": "enrolling",
    "mfa:enroll_email": "choosing_email",
    "mfa:enroll_verify": "proving",
    "mfa:enroll_done": "finishing",
    "mfa:verify": "asked",
    "mfa:passkey": "keyed",
    "mfa:push": "pushed",
    "mfa:approve": "approving",
    "mfa:approvals": "pairing",
    "mfa:pair": "pairing",
    "mfa:add_push": "adding_phone",
    "mfa:enroll_push": "enrolling_phone",
    "mfa:recovery_code": "without_phone",
    "mfa:mailbox": "recovering",
    "mfa:recover": "asked",
    "mfa:one_time_pass": "asked",
    "mfa:choose": "asked",
    "mfa:continue": "entering",
    "mfa:help": "asked",
    "mfa:change_phone": "home",
    "mfa:change_phone_verify": "changing",
    "mfa:recovery_codes": "home",
    "mfa:add_app": "home",
    "mfa:add_passkey": "home",
    "mfa:activity": "home",
    "accounts:not_me": "home",
    "accounts:data": "home",
    "accounts:close_account": "leaving",
    "mfa:security": "home",
    "mfa:end_other_sessions": "home",
    "mfa:untrust_all": "home",
    "mfa:enable": "skipped",
    "accounts:support": "ruling",
    "accounts:support_organizations": "ruling",
    "accounts:support_person": "ruling",
    "accounts:support_what_if": "ruling",
    "accounts:support_reset": "ruling",
    "accounts:support_pause": "ruling",
    "accounts:support_pass": "ruling",
    "accounts:support_recovery": "ruling",
    "accounts:support_number": "ruling",
    "accounts:support_sessions": "ruling",
    "accounts:organization": "managing",
    "accounts:organization_details": "managing",
    "accounts:people_list": "managing",
    "accounts:two_factor": "managing",
    "accounts:enrollment_report": "managing",
    "accounts:clients": "managing",
    "accounts:organization_security": "managing",
    "accounts:invitations": "managing",
    "accounts:import_members": "managing",
    "accounts:export_members": "managing",
    "accounts:export": "ruling",
    "accounts:import_people": "ruling",
    "accounts:people_import": "importing",
    "accounts:invite": "managing",
    "accounts:revoke_invitation": "managing",
    "accounts:invitation": "invited",
    "accounts:clients_security": "managing",
    "accounts:member": "managing",
    "accounts:member_number": "managing",
    "accounts:member_reset": "managing",
    "accounts:member_sessions": "managing",
    "accounts:member_end": "managing",
    "accounts:member_role": "partnering",
    "mfa:add_phone": "home",
    "mfa:add_email": "allowed_email",
    "mfa:rename_factor": "home",
    "mfa:replace_app": "reinstalling",
    "mfa:suspend_factor": "home",
    "mfa:remove_factor": "home",
    "demo:phone": "asked",
}
# They accept a POST and show nothing.
POSTS = {
    "accounts:login_by_passkey",
    "accounts:login_by_passkey_options",
    "accounts:logout",
    "accounts:run_import",
    "accounts:stop_import",
    "mfa:add_passkey_options",
    "mfa:enroll_passkey_options",
    "mfa:passkey_options",
    "mfa:push_again",
    "mfa:renew_phone",
    "mfa:skip",
    "mfa:resend",
    "mfa:send_to_email",
    "mfa:cancel",
    "mfa:save_codes",
    "mfa:lost",
    "mfa:recovery_codes_file",
    "mfa:end_session",
    "mfa:end_recovery",
    "mfa:untrust",
    "mfa:prefer_phone",
    "mfa:answer_nudge",
    "mfa:automatic_passkey",
    "mfa:automatic_passkey_options",
    "mfa:note_nudge",
    "mfa:stay",
    "mfa:change_phone_resend",
    "mfa:receipt",
    "portal:theme",
}
# They redirect to the intended page, or say that a link is broken.
CUT = {
    "accounts:cut_reset",
    "accounts:cut_email",
    "accounts:cut_warning",
    "accounts:cut_report",
    "accounts:cut_invitation",
    "accounts:cut_recovery",
    "accounts:cut_pass",
    "accounts:cut_recovery_email",
}
# They redirect to a page.
LEADS = {
    "accounts:change_password",
    "accounts:renew_invitation",
    "accounts:remind_member",
    "accounts:organization_affected",
}
# Downloads by a link
FILES = {"accounts:enrollment_file", "accounts:import_findings", "accounts:import_outcomes"}
# For machines, not for people
PROBES = {"portal:healthz", "portal:readyz", "portal:metrics"}
PLAIN = {
    "portal:theme_css",
    "mfa:status",
    "mfa:change_phone_status",
    "mfa:approve_manifest",
    "mfa:approve_worker",
    "mfa:new_phone_status",
    "mfa:push_status",
    "mfa:time_left",
    "accounts:import_status",
    *PROBES,
}
# Cacheable, because they are the same for everyone
PUBLIC = {"portal:theme_css", "admin:jsi18n", "mfa:approve_worker", "mfa:approve_manifest"}
# POSTs without a CSRF token, each with what replaces it
EXEMPT = {"mfa:receipt": "Twilio's signature over address and body (WB-07)"}
# Values for URL parameters outside the admin, read when needed
KEYS: dict[str, Callable[[], str]] = {
    "pk": lambda: str(Factor.objects.values_list("pk", flat=True).first() or 1),
    # The login that led home
    "event_id": lambda: str(
        AuditEvent.objects.filter(event=Event.LOGGED_IN).values_list("pk", flat=True).first() or 1
    ),
    "person_id": lambda: str(
        User.objects.filter(is_staff=False).values_list("pk", flat=True).first() or 1
    ),
    "slug": lambda: Organization.objects.values_list("slug", flat=True).first() or "acme",
    "member_id": lambda: str(
        Membership.objects.filter(role="member").values_list("pk", flat=True).first() or 1
    ),
    "invitation_id": lambda: str(Invitation.objects.values_list("pk", flat=True).first() or 1),
    "import_id": lambda: str(PeopleImport.objects.values_list("pk", flat=True).first() or 1),
    "provider": lambda: "twilio",
    "receipt_id": lambda: "00000000-0000-4000-8000-000000000000",
    "uid": lambda: mailed_link()[0],
    "token": lambda: mailed_link()[1],
    "tail": lambda: "MQ",
    "code": lambda: NEW_PHONE,
    "request_id": lambda: str(
        PushRequest.objects.values_list("pk", flat=True).first()
        or "00000000-0000-4000-8000-000000000000"
    ),
}


DEAD_LINK = ("MQ", "1vOabc." + "x" * 43)


def mailed_link() -> tuple[str, str]:
    """Return the two parameters of the newest emailed link, or invalid ones if none was sent."""
    mails = OutboxMessage.objects.filter(channel="email").values_list("body", flat=True)
    found = (
        re.findall(
            r"/(?:password/reset|me/email|me/recovery-email|me/warning|me/not-me|invitation|recover/stop|pass/confirm)/"
            r"([^/]+)/([^/]+)/",
            body,
        )
        for body in mails
    )
    # A notice's own link stands before the one that it offers.
    return next((matches[-1] for matches in found if matches), DEAD_LINK)


@pytest.fixture
def stranger(browser: Browser, alice: User) -> Browser:
    """An anonymous visitor."""
    return browser


@pytest.fixture
def asked(browser: Browser, alice: User) -> Browser:
    """Alice after her password: a pending login, with a code sent."""
    browser.password(alice)
    return browser


@pytest.fixture
def waiting(asked: Browser) -> Browser:
    """Alice after her password, who said that her phone is lost, with the mailed link."""
    asked.post("/recover/")
    return asked


@pytest.fixture
def called(asked: Browser, alice: User, root: User) -> Browser:
    """Alice after her password, while support asks whether she talks to them."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        passes.ask(root, alice, named="Root", client=NOWHERE)
    return asked


@pytest.fixture
def adding_email(browser: Browser, alice: User) -> Browser:
    """Alice, who asked for a link to her recovery email."""
    browser.log_in(alice)
    browser.post("/me/recovery-email/", {"email": "alice.second@example.net"})
    return browser


@pytest.fixture
def keyed(browser: Browser, alice: User) -> Browser:
    """Alice after her password, with a passkey beside her phone."""
    give_passkey(alice, "Blue key")
    browser.password(alice)
    return browser


@pytest.fixture
def pushed(browser: Browser, alice: User, settings) -> Browser:
    """Alice after her password, with a phone that approves beside her number."""
    settings.VAPID_PRIVATE_KEY = VAPID
    give_deaf_phone(alice)
    browser.password(alice)
    return browser


@pytest.fixture
def approving(pushed: Browser) -> Browser:
    """Alice's phone, while she logs in on her computer."""
    phone = Browser()
    phone.cookies["phone"] = TOKEN
    # As the portal sets it
    phone.cookies["phone"].update({"httponly": True, "samesite": "Lax"})
    return phone


@pytest.fixture
def pairing(stranger: Browser, alice: User, settings) -> Browser:
    """A phone that alice adds, after the QR code."""
    settings.VAPID_PRIVATE_KEY = VAPID
    PushDevice.objects.create(user=alice, code_hash=hash_of(NEW_PHONE))
    return stranger


@pytest.fixture
def adding_phone(home: Browser, settings) -> Browser:
    """Alice, logged in, where phones can approve."""
    settings.VAPID_PRIVATE_KEY = VAPID
    return home


@pytest.fixture
def enrolling_phone(enrolling: Browser, settings) -> Browser:
    """Bob after his password, where phones can approve."""
    settings.VAPID_PRIVATE_KEY = VAPID
    return enrolling


@pytest.fixture
def linked(browser: Browser, alice: User) -> Browser:
    """Alice, who forgot her password, with an emailed link."""
    browser.post("/password/forgot/", {"email": alice.email})
    return browser


@pytest.fixture
def resetting(linked: Browser, alice: User) -> Browser:
    """Alice after the link and the code, before her new password."""
    uid, token = mailed_link()
    linked.post(f"/password/reset/{uid}/{token}/")
    linked.post("/login/verify/", {"code": code(alice.factors.get().target)})
    return linked


@pytest.fixture
def enrolling(browser: Browser, bob: User) -> Browser:
    """Bob after his password: a pending login, without a number."""
    browser.password(bob)
    return browser


@pytest.fixture
def choosing_email(enrolling: Browser) -> Browser:
    """Bob after his password, where the policy allows email as a factor."""
    SitePolicy.note(methods=["phone", "email", "app", "recovery_codes"])
    return enrolling


@pytest.fixture
def proving(enrolling: Browser) -> Browser:
    """Bob after "Send Verification Code"."""
    enrolling.post(PHONE, {"phone": NEW_NUMBER})
    return enrolling


@pytest.fixture
def finishing(proving: Browser, policy: SitePolicy) -> Browser:
    """Bob with a confirmed number, before "Finish"."""
    policy.after_enrollment = "finish"
    policy.save()
    proving.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    return proving


@pytest.fixture
def skipped(enrolling: Browser, policy: SitePolicy) -> Browser:
    """Bob, logged in after "Skip for Now"."""
    policy.enforcement = "optional"
    policy.save()
    enrolling.post("/login/skip/")
    return enrolling


@pytest.fixture
def without_phone(browser: Browser, root: User) -> Browser:
    """A superuser after the password, with recovery codes at hand."""
    browser.password(root)
    return browser


@pytest.fixture
def recovering(browser: Browser, alice: User) -> Browser:
    """Alice after her password, with her phone disabled by wrong codes."""
    alice.factors.update(status="disabled")
    browser.password(alice)
    return browser


@pytest.fixture
def backing_up(browser: Browser, root: User) -> Browser:
    """A superuser with just a phone, after the right code."""
    root.factors.filter(kind="recovery_codes").delete()
    browser.log_in(root)
    return browser


@pytest.fixture
def entering(asked: Browser, policy: SitePolicy) -> Browser:
    """Alice after her password, when MFA was just disabled."""
    policy.enabled = False
    policy.save()
    return asked


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    """Alice, logged in."""
    browser.log_in(alice)
    return browser


@pytest.fixture
def allowed_email(home: Browser) -> Browser:
    """Alice, logged in, where the policy allows email as a factor."""
    SitePolicy.note(methods=["phone", "email", "app", "recovery_codes"])
    return home


@pytest.fixture
def reinstalling(home: Browser, alice: User) -> Browser:
    """Alice, logged in by her phone, who has an authenticator app too."""
    phone = alice.factors.get()
    kept = {"kind": "app", "target": "", "secret": "A" * 32, "name": "Globex"}
    Factor.objects.filter(pk=phone.pk).update(**kept)
    Factor.objects.create(user=alice, target=phone.target, confirmed_at=phone.confirmed_at)
    return home


@pytest.fixture
def leaving(home: Browser, policy: SitePolicy) -> Browser:
    """Alice, logged in, who may close her account."""
    SitePolicy.note(may_close=True)
    return home


@pytest.fixture
def warned(browser: Browser, alice: User) -> Browser:
    """An anonymous visitor. Alice has a link in a warning about five wrong codes."""
    browser.password(alice)
    wrong = f"{(int(code(alice.factors.get().target)) + 1) % 1_000_000:06}"
    for _ in range(5):
        browser.post("/login/verify/", {"code": wrong})
    return Browser()


@pytest.fixture
def noticed(browser: Browser, alice: User) -> Browser:
    """A stranger; alice has a notice about a new app."""
    app = alice.factors.create(kind="app", secret="secret", confirmed_at=timezone.now())
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(Event.APP_ADDED, alice, factor=app.pk)
    return browser


@pytest.fixture
def moving(home: Browser) -> Browser:
    """Alice, logged in, with a link sent to her new address."""
    home.post("/me/email/", {"email": "alice@new.example"})
    return home


@pytest.fixture
def expired(home: Browser, alice: User) -> Browser:
    """Alice, logged in, who must set a new password."""
    User.objects.filter(pk=alice.pk).update(password_expired=True)
    return home


@pytest.fixture
def changing(home: Browser) -> Browser:
    """Alice while she changes her number."""
    home.post("/me/phone/", {"phone": NEW_NUMBER})
    return home


@pytest.fixture
def office(browser: Browser, root: User) -> Browser:
    """A superuser, logged in with the second step."""
    browser.log_in(root)
    return browser


@pytest.fixture
def ruling(office: Browser, root: User, alice: User) -> Browser:
    """A superuser, with at least one row of each kind to look at."""
    now = timezone.now()
    running = {"started_at": now, "until": now + timedelta(days=1)}
    Pause.objects.create(user=alice, reason="lost phone", **running)
    AuditEvent.objects.create(user=alice, event=Event.CODE_SENT, at=now)
    join(make_user("dora@example.org"), organization("Acme"))
    Tile.objects.create(title="Handbook", address="https://example.org/", icon="document")
    SendBlock.objects.create(scope="+447546123", **running)
    Job.objects.create(action="end_sessions", by=root, people=[alice.pk], total=1)
    SendBlock.objects.create(scope="+447546124", **running, lifted_at=now, lifted_by=root)
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": NEW_NUMBER})
    # Only the first opening within an hour is counted and recorded.
    office.get(f"/support/people/{alice.pk}/")
    return office


@pytest.fixture
def managing(browser: Browser, alice: User, bob: User) -> Browser:
    """Alice, a manager of Acme, which has bob as a member and a client organization."""
    acme = organization("Acme")
    organization("Globex", acme)
    join(alice, acme, role=MANAGER)
    join(bob, acme)
    _invite(alice, acme)
    browser.log_in(alice)
    return browser


@pytest.fixture
def importing(managing: Browser, alice: User) -> Browser:
    """Alice, who uploaded a file with people for Acme."""
    content = b"Courriel,Nom,Handy\nann@example.org,Ann,+447700900211\n"
    acme = Organization.objects.get(slug="acme")
    uploads.store(alice, acme, content, name="people.csv", invites=True)
    return managing


def _invite(inviter: User, place: Organization) -> None:
    """Add an invitation that waits."""
    expires = timezone.now() + timedelta(hours=24)
    row = {"inviter": inviter, "organization": place, "expires_at": expires, "round": 1}
    Invitation.objects.create(email="ann@example.org", **row)


@pytest.fixture
def partnering(browser: Browser, alice: User, charlie: User) -> Browser:
    """Alice, a manager of Acme, which has the client organization Able with charlie."""
    acme = organization("Acme")
    join(alice, acme, role=MANAGER)
    able = organization("Able", acme)
    join(charlie, able)
    _invite(alice, able)
    browser.log_in(alice)
    return browser


@pytest.fixture
def invited(managing: Browser, alice: User) -> Browser:
    """A stranger; ann has an invitation."""
    invitations.renew(alice, Invitation.objects.get())
    with TestCase.captureOnCommitCallbacks(execute=True):
        deliveries.send_bulk()
    return Browser()


@pytest.fixture
def registering(stranger: Browser) -> Browser:
    """A stranger, while people can register for the site and at Acme."""
    SitePolicy.note(registration=True)
    organization("Acme", registration=True)
    return stranger


@pytest.fixture
def registered(registering: Browser) -> Browser:
    """Ann after she registered, before the emailed code."""
    register(registering, "/register/acme/")
    return registering


STATIONS = (
    "stranger",
    "registering",
    "registered",
    "asked",
    "waiting",
    "called",
    "adding_email",
    "keyed",
    "pushed",
    "approving",
    "pairing",
    "adding_phone",
    "enrolling_phone",
    "linked",
    "warned",
    "noticed",
    "resetting",
    "enrolling",
    "choosing_email",
    "proving",
    "finishing",
    "skipped",
    "without_phone",
    "backing_up",
    "recovering",
    "entering",
    "home",
    "allowed_email",
    "reinstalling",
    "leaving",
    "expired",
    "moving",
    "changing",
    "ruling",
    "importing",
    "managing",
    "partnering",
    "invited",
)
