"""The security trial: attacks that once succeeded, repeated against the portal.

`python -m benchmarks.trial` starts the portal as operators run it (several gunicorn processes,
PostgreSQL, Redis, workers, a beat, TLS, a real mail server and a Twilio endpoint). It repeats each
attack and prints whether it was refused. `python -m benchmarks.trial S03 S15` runs only these. The
exit code is 1 if an attack was not refused. It uses only loopback addresses, and each loop ends.
"""

# ruff: noqa: D103 - each case says beside its name what it tries

import re
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from threading import Event as Flag, Thread
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.machine import here
from tests.processes import services
from tests.processes.front import Browser
from tests.processes.https_site import (
    LOGIN,
    SESSION,
    VERIFY,
    Site,
    burst,
    is_in,
    said,
    site as running,
    stale,
    submit,
)
from tests.processes.portal import ACCOUNT, PASSWORD
from tests.processes.visitor import soon

ROOT = Path(__file__).parent.parent
SECURITY, PHONE = "/me/security/", "/login/enroll/phone/"
POLICY = "/admin/mfa/accountpolicy/1/change/"
WRONG = "quite another battery staple"
NEW = "seven unrelated garden lanterns"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one case."""

    case: str
    tried: str
    figures: dict[str, object]
    refused: bool


Case = Callable[[Site], Finding]
CASES: dict[str, Case] = {}


def case(name: str, tried: str) -> Callable[[Callable[[Site], tuple[bool, dict]]], Case]:
    """Add a case to the table. An error in it is reported and counts as not refused."""

    def keep(steps: Callable[[Site], tuple[bool, dict[str, object]]]) -> Case:
        def run(site: Site) -> Finding:
            try:
                refused, figures = steps(site)
            except Exception as error:  # noqa: BLE001 - the other cases continue
                traceback.print_exc()
                refused, figures = False, {"broke": repr(error)[:200]}
            return Finding(name, tried, figures, refused)

        CASES[name] = run
        return run

    return keep


def main() -> int:
    """Run the cases and print."""
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        running(database, services.broker(), Path(folder)) as site,
    ):
        print(f"{here(database)}; gunicorn with 3 processes, TLS before them\n")
        print("| case | tried | figures | |\n|---|---|---|---|", flush=True)
        findings = []
        for found in run(site, sys.argv[1:] or sorted(CASES)):
            verdict = "refused" if found.refused else "**NOT REFUSED**"
            print(
                f"| {found.case} | {found.tried} | {said(found.figures)} | {verdict} |", flush=True
            )
            findings.append(found)
    return 0 if all(found.refused for found in findings) else 1


def run(site: Site, names: list[str]):  # noqa: ANN201
    """Run the steps of these cases."""
    for name in names:
        yield CASES[name](site)


# S01. What a list answers


@case("S01", "read a superuser's session key through the admin's lists")
def s01(site: Site) -> tuple[bool, dict[str, object]]:
    root = site.log_in(site.staff("root"))
    support = site.log_in(site.staff("desk", "Support"))
    links = set(re.findall(r'href="(/admin/\w+/\w+/)"', support.get("/admin/")))
    # The page of limits shows all of them and filters nothing.
    lists = [path for path in links if "/sendblock/" not in path]
    queries = (
        "sessions__session_key__regex=^a",
        "sessions__key_hash__startswith=a",
        "user__sessions__key_hash__gt=a",
        "user__password__startswith=argon2",
        "password__regex=^a",
        "factors__secret__contains=A",
        "challenges__browser__startswith=a",
        "session_epoch=0",
        "audit_events__details__contains=x",
    )
    answers = [
        support.send("GET", f"{path}?{quote(query, safe='=')}").status
        for path in sorted(lists)
        for query in queries
    ]
    auto = support.send(
        "GET", "/admin/autocomplete/?app_label=accounts&model_name=user&field_name=groups&term=a"
    ).status
    key = root.cookies[SESSION]
    stored = [str(row) for row in site.company.query("SELECT * FROM mfa_session")]
    attacker = site.browser()
    opened = 0
    for (value,) in site.company.query("SELECT key_hash FROM mfa_session"):
        attacker.cookies[SESSION] = value
        opened += attacker.send("GET", "/admin/").status == 200
    plain = sum(key in row for row in stored)
    refused = set(answers) == {400} and auto in {400, 403} and not plain and not opened
    return refused, {
        "queries": len(answers),
        "answered otherwise than 400": sum(status != 400 for status in answers),
        "autocomplete": auto,
        "plain keys in the table": plain,
        "stored values that open the administration": opened,
    }


# S02. A stolen, stale session


@case("S02", "report each factor lost with a stolen, stale cookie")
def s02(site: Site) -> tuple[bool, dict[str, object]]:
    owner = site.person("owner")
    home = site.log_in(owner)
    home.get("/me/security/codes/")
    home.post("/me/security/codes/")
    attacker = home.copy("127.0.66.1")
    stale(home)
    lost = _report_all(owner, attacker)
    left = owner.factors.usable().count()
    # Then the owner does it with a proof, and the attacker's session must end.
    second = site.log_in(owner)
    lost_by_owner = _report_all(owner, second)
    return not lost and left == 2 and lost_by_owner > 0 and not is_in(attacker), {
        "factors lost by the attacker": lost,
        "factors left": left,
        "lost by the owner with a fresh proof": lost_by_owner,
        "attacker's session lives on": is_in(attacker),
    }


def _report_all(owner, browser: Browser) -> int:  # noqa: ANN001
    before = owner.factors.usable().count()
    for pk in owner.factors.values_list("pk", flat=True):
        browser.send("GET", SECURITY)
        browser.send("POST", f"{SECURITY}factors/{pk}/suspend/")
    return before - owner.factors.usable().count()


# S03. Text that is slow to read


def _waits(site: Site, user, seconds: float, at_least: int = 5) -> list[float]:  # noqa: ANN001
    """Log in by password repeatedly, like a person who arrives at that time."""
    taken: list[float] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends or len(taken) < at_least:
        browser = site.browser("127.0.1.1")
        began = time.perf_counter()
        with suppress(OSError):
            browser.send("GET", LOGIN)
            browser.send("POST", LOGIN, {"email": user.email, "password": WRONG})
        taken.append(time.perf_counter() - began)
        time.sleep(0.2)
        if len(taken) % 5 == 0:
            _forget_waits()
    return taken


def _forget_waits() -> None:
    from mfa.models import Counter, Lockout

    Lockout.objects.all().delete()
    Counter.objects.all().delete()


HOSTILE = ("1.@" * 1365, "." * 4096, "@" * 4096, "a@" + "1." * 2000, "+" + "1" * 4090, "1" * 4096)


@case("S03", "request ten URLs of 4 kB a second while someone logs in")
def s03(site: Site) -> tuple[bool, dict[str, object]]:
    user = site.person("calm")
    rest = _waits(site, user, 3)
    done, taken = Flag(), []

    def attack(number: int) -> None:
        browser = site.browser("127.0.2.2")
        for turn in count(number):
            if done.is_set() or turn > 400:
                return
            with suppress(OSError):
                path = "/" + HOSTILE[turn % len(HOSTILE)]
                taken.append(browser.send("GET", path).seconds)
            time.sleep(0.4)

    attackers = [Thread(target=attack, args=(number,)) for number in range(4)]
    for thread in attackers:
        thread.start()
    attacked = _waits(site, user, 8, at_least=8)
    done.set()
    for thread in attackers:
        thread.join(60)
    single = [_hostile_alone(site, text) for text in HOSTILE]
    return median(attacked) < max(1.0, 3 * median(rest)) and max(single) < 0.2, {
        "login at rest, s": round(median(rest), 2),
        "login under attack, s": round(median(attacked), 2),
        "worst under attack, s": round(max(attacked), 2),
        "requests of the attack": len(taken),
        "slowest hostile request alone, ms": round(1000 * max(single)),
    }


def _hostile_alone(site: Site, text: str) -> float:
    browser = site.browser("127.0.2.2")
    return min(browser.send("GET", f"/{text}").seconds for _ in range(3))


# S04. A pause against a promotion


@case("S04", "start a pause while the person is made staff, six times")
def s04(site: Site) -> tuple[bool, dict[str, object]]:
    desk, root = site.log_in(site.staff("desk", "Support")), site.log_in(site.staff("root"))
    members = [site.person("member") for _ in range(6)]
    for member in members:
        page = f"/admin/accounts/user/{member.pk}/change/"
        pause = f"/support/people/{member.pk}/pause/"
        root.get(page)
        desk.get(pause)
        fields = {"is_staff": "on", "is_superuser": "on"}
        burst(
            [
                partial(submit, root, page, **fields),
                partial(desk.send, "POST", pause, {"reason": "lost phone", "hours": "24"}),
            ]
        )
    promoted = paused = opened = 0
    for member in members:
        member.refresh_from_db()
        promoted += member.is_superuser
        paused += member.pauses.count()
        attacker = site.browser("127.0.4.1")
        site.password(member, attacker)
        opened += member.is_superuser and is_in(attacker, "/admin/")
    return promoted > 0 and not opened, {
        "promoted": promoted,
        "pauses written": paused,
        "administration opened by just the password": opened,
    }


# S05. An administrator against the superusers


@case("S05", "as an administrator: swap the SMS account, untick MFA, set a pilot group")
def s05(site: Site) -> tuple[bool, dict[str, object]]:
    from django.contrib.auth.models import Group

    from mfa.models import SitePolicy, SmsAccount

    root = site.staff("root")
    boss = site.log_in(site.staff("boss", "Administrators"))
    pilot = Group.objects.create(name="Pilot")
    before, values = SitePolicy.objects.values().get(), SmsAccount.load().values
    figures: dict[str, object] = {}
    held = True
    stranger = {
        "sms_account_id": "AC" + "6" * 32,
        "sms_auth_token": "f" * 32,
        "sms_phone_number": "+15005550007",
    }
    tries = {
        "account swapped": stranger,
        "MFA unticked": {"enabled": None},
        "pilot group set": {"pilot_group": str(pilot.pk)},
    }
    for name, changes in tries.items():
        mails = len(site.mails(root))
        submit(boss, POLICY, **changes)
        told = _told(site, root, mails)
        browser, texts = site.browser(), len(site.texts(root))
        path = site.password(root, browser)
        asked = path == VERIFY and not is_in(browser, "/admin/")
        by_ours = asked and _texted(site, root, texts)
        figures[name] = {"asked for a code": asked, "by our account": by_ours, "notified": told}
        held = held and asked and by_ours and told
        SitePolicy.objects.update(**{key: before[key] for key in ("enabled", "pilot_group_id")})
    live = SmsAccount.load().values == values
    if not live:
        SmsAccount.note(**values._asdict())
    return held and live, {**figures, "old account still live": live}


def _told(site: Site, user, before: int) -> bool:  # noqa: ANN001
    with suppress(AssertionError):
        return bool(soon(lambda: site.mails(user)[before:], within=8))
    return False


def _texted(site: Site, user, before: int) -> bool:  # noqa: ANN001
    with suppress(AssertionError):
        return bool(soon(lambda: site.texts(user)[before:], within=10))
    return False


# S06. Pauses


@case("S06", "two pauses for one person; end one during a login; pause 12 people in a row")
def s06(site: Site) -> tuple[bool, dict[str, object]]:
    desk = site.log_in(site.staff("desk", "Support"))
    root = site.staff("chief")
    member = site.person("member")
    _pause(desk, member)
    _pause(desk, member)
    pauses = member.pauses.count()
    inside = site.browser("127.0.6.1")
    site.password(member, inside)
    was_in = is_in(inside)
    # A login with the password entered, before the last click
    page = f"/support/people/{member.pk}/"
    desk.get(page)
    desk.post(page, action="end_pause")
    stays = is_in(inside)
    again = site.browser("127.0.6.2")
    by_password = site.password(member, again)
    others = [site.person("member") for _ in range(12)]
    mails = len(site.mails(root))
    for other in others:
        _pause(desk, other)
    paused = sum(other.pauses.count() for other in others)
    alerted = _told(site, root, mails)
    good = pauses == 1 and was_in and not stays and by_password == VERIFY and paused <= 9
    return good and alerted, {
        "pauses of one person": pauses,
        "session that it let in lives on": stays,
        "just the password opens it after the end": is_in(again),
        "people paused by one helper in a day": paused + 1,
        "administrators alerted": alerted,
    }


def _pause(desk: Browser, member, reason: str = "lost phone") -> None:  # noqa: ANN001
    page = f"/support/people/{member.pk}/pause/"
    desk.get(page)
    desk.post(page, reason=reason, hours="24")


# S07. An attacker with the password during a pause


@case("S07", "during a pause: 11 logins by password, report factors, change password and email")
def s07(site: Site) -> tuple[bool, dict[str, object]]:
    desk = site.log_in(site.staff("desk", "Support"))
    owner = site.person("owner")
    home = site.log_in(owner)
    _pause(desk, owner)
    attackers = [site.browser("127.0.7.1") for _ in range(11)]
    for attacker in attackers:
        site.password(owner, attacker)
    let_in = sum(map(is_in, attackers))
    attacker = attackers[-1]
    lost = _report_all(owner, attacker)
    hashed = owner.password
    attacker.get("/me/password/")
    attacker.post("/me/password/", old_password=PASSWORD, new_password1=NEW, new_password2=NEW)
    attacker.get("/me/email/")
    attacker.post("/me/email/", email="attacker@example.net", password=PASSWORD)
    attacker.get(SECURITY)
    attacker.post(f"{SECURITY}sessions/others/")
    owner.refresh_from_db()
    moved = bool([m for m in site.company.mailbox.mails if m["to"] == "attacker@example.net"])
    good = not lost and owner.password == hashed and not moved and is_in(home)
    return good, {
        "let in by the password": let_in,
        "factors lost": lost,
        "password changed": owner.password != hashed,
        "link to a new email mailed": moved,
        "owner's session lives on": is_in(home),
    }


# S08. What is reserved for the owner's own device


@case("S08", "request a code six times, then try 24 recovery codes at once; then the owner logs in")
def s08(site: Site) -> tuple[bool, dict[str, object]]:
    owner = site.person("owner")
    home = site.log_in(owner)
    home.post("/logout/")
    for _ in range(6):
        attacker = site.browser("127.0.8.1")
        site.password(owner, attacker)
        _may_ask(owner)
        attacker.send("POST", f"{VERIFY}resend/")
    before = len(site.texts(owner))
    time.sleep(1)
    path = site.password(owner, home)
    texted = path == VERIFY and _texted(site, owner, before)
    other = site.person("owner")
    house = site.log_in(other)
    house.get("/me/security/codes/")
    page = house.post("/me/security/codes/")
    codes = _recovery_codes(page)
    house.post("/logout/")
    attacker = site.browser("127.0.8.2")
    site.password(other, attacker)
    attacker.get("/login/recovery-code/")
    guess = partial(attacker.send, "POST", "/login/recovery-code/", {"code": "AAAAA-BBBBB-CCC"})
    burst([guess] * 24)
    site.password(other, house)
    house.get("/login/recovery-code/")
    house.post("/login/recovery-code/", code=codes[0])
    taken = is_in(house)
    return texted and taken, {
        "owner still gets a code": texted,
        "owner's right recovery code is accepted": taken,
        "wrong ones judged": site.events("code_wrong", other),
    }


def _recovery_codes(page: str) -> list[str]:
    return re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b", page)


def _may_ask(user) -> None:  # noqa: ANN001
    from django.utils import timezone

    user.challenges.update(resend_at=timezone.now())


# S09. Two accounts against a country


@case("S09", "two fresh accounts text four numbers of the home country 20 times")
def s09(site: Site) -> tuple[bool, dict[str, object]]:
    from django.db.models import F

    from mfa.models import Challenge

    texts = len(site.company.endpoint.messages)
    for number in range(2):
        fresh = site.person("fresh", phone=False)
        browser = site.browser(f"127.0.9.{number + 1}")
        site.password(fresh, browser)
        for turn in range(10):
            browser.get(PHONE)
            browser.post(PHONE, phone=f"+447546{number}{turn % 2}9100")
            fresh.challenges.update(resend_at=F("created_at"))
    sent = len(site.company.endpoint.messages) - texts
    early = timedelta(minutes=5)
    asked = Challenge.objects.filter(target__endswith="9100", new_in="GB")
    asked.update(created_at=F("created_at") - early)
    honest = site.person("honest", phone=False)
    browser = site.browser("127.0.99.1")
    site.password(honest, browser)
    browser.get(PHONE)
    browser.post(PHONE, phone="+447546998877")
    with suppress(AssertionError):
        soon(lambda: site.company.texts("+447546998877"), within=10)
    arrived = len(site.company.texts("+447546998877"))
    return sent > 0 and arrived == 1, {
        "texts of the attack": sent,
        "a new number of the country gets": arrived,
    }


# S10. An old password after a reset


@case("S10", "log in with an imported password while a reset is saved, five times")
def s10(site: Site) -> tuple[bool, dict[str, object]]:
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    old, opened = PBKDF2PasswordHasher().encode(PASSWORD, "importedsalt12345678"), 0
    resets = 0
    for delay in (0.05, 0.2, 0.35, 0.5, 0.7):
        user = site.person("imported", password=old)
        browser = _at_new_password(site, user)
        login = site.browser("127.0.10.1")
        login.get(LOGIN)

        def enter(login: Browser = login, delay: float = delay, email: str = user.email) -> None:
            time.sleep(delay)
            login.send("POST", LOGIN, {"email": email, "password": PASSWORD})

        word = {"new_password1": NEW, "new_password2": NEW}
        saved, _ = burst([partial(browser.send, "POST", "/password/new/", word), enter])
        if saved is None or "notice=reset" not in saved.location:
            # The login was faster and ended the reset. The person was notified.
            continue
        user.refresh_from_db()
        resets += user.check_password(NEW)
        opened += user.check_password(PASSWORD)
    return resets > 0 and not opened, {
        "resets that hold": resets,
        "old passwords that work": opened,
    }


def _at_new_password(site: Site, user) -> Browser:  # noqa: ANN001
    """Open a reset's link, prove the second step, and reach the form for a new password."""
    browser = site.browser("127.0.10.2")
    link = _reset_link(site, user)
    after = len(site.texts(user))
    browser.get(link)
    browser.post(link)
    if browser.path == VERIFY:
        browser.post(VERIFY, code=site.next_code(user, after))
    assert browser.path.startswith("/password/new/"), browser.path
    return browser


def _reset_link(site: Site, user) -> str:  # noqa: ANN001
    asking = site.browser("127.0.10.3")
    asking.get("/password/forgot/")
    asking.post("/password/forgot/", email=user.email)
    mail = soon(lambda: _bodies(site, user, "/password/reset/"), within=15)[-1]
    return urlsplit(re.findall(r"https://\S+/password/reset/\S+?/\S+?/", mail)[0]).path


def _bodies(site: Site, user, word: str) -> list[str]:  # noqa: ANN001
    found = [mail for mail in list(site.company.mailbox.mails) if mail["to"] == user.email]
    bodies = [mail.get_body(("plain",)).get_content() for mail in found]
    return [body for body in bodies if word in body]


# S11. Response times that reveal accounts


@case("S11", "time the login of an imported account, of another, and of an unknown email")
def s11(site: Site) -> tuple[bool, dict[str, object]]:
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    from accounts.people import imported_hashes

    old = PBKDF2PasswordHasher().encode(PASSWORD, "importedsalt12345678")
    imported, own = site.person("imported", password=old), site.person("own")
    # As an import does. The worker finds others within ten minutes.
    imported_hashes.note([imported])
    emails = {"imported": imported.email, "Argon2": own.email, "unknown": "nobody@example.com"}
    taken: dict[str, list[float]] = {name: [] for name in emails}
    browser = site.browser("127.0.11.1")
    browser.get(LOGIN)
    for _ in range(7):
        for name, email in emails.items():
            fields = {"email": email, "password": WRONG}
            taken[name].append(browser.send("POST", LOGIN, fields).seconds)
            _forget_waits()
    middle = {name: 1000 * median(each) for name, each in taken.items()}
    ratio = max(middle.values()) / min(middle.values())
    return ratio < 1.3, {
        **{f"{n}, ms": round(ms) for n, ms in middle.items()},
        "ratio": round(ratio, 2),
    }


# S12. An unused account


@case("S12", "log in to an account unused for 100 days by its password, and enroll a phone")
def s12(site: Site) -> tuple[bool, dict[str, object]]:
    from django.utils import timezone

    before = timezone.now() - timedelta(days=100)
    figures = {}
    number = "+447546123777"
    for name, last_login in (("used once", before), ("never used", None)):
        idle = site.person("idle", phone=False, last_login=last_login, date_joined=before)
        idle.mailbox_proven_at = None
        idle.save()
        attacker = site.browser("127.0.12.1")
        site.password(idle, attacker)
        texts = len(site.company.texts(number))
        attacker.get(PHONE)
        attacker.post(PHONE, phone=number)
        time.sleep(1.5)
        figures[f"{name}: texts to the attacker"] = len(site.company.texts(number)) - texts
        figures[f"{name}: page"] = attacker.path.partition("?")[0]
    texts = sum(value for value in figures.values() if isinstance(value, int))
    return texts == 0, figures


# S13. Tokens in logs


@case("S13", "post links without the CSRF token, and break them in other ways")
def s13(site: Site) -> tuple[bool, dict[str, object]]:
    user = site.person("linked")
    path = _reset_link(site, user)
    token = path.rstrip("/").rpartition("/")[2]
    browser = site.browser("127.0.13.1")
    tries = [
        ("POST", path),
        ("PUT", path),
        ("POST", path.rstrip("/")),
        ("GET", path.rstrip("/")),
        ("GET", f"{path}x"),
        ("POST", f"{path}%00"),
        ("GET", f"{path}?next=//evil.example"),
        ("POST", path.replace("password/reset", "me/email")),
    ]
    statuses = [browser.raw(method, where, b"a=b") for method, where in tries]
    home = site.log_in(user)
    key = home.cookies[SESSION]
    home.raw("POST", "/me/password/", b"\xff")
    receipt = "/hooks/twilio/01234567-89ab-4def-8123-456789abcdef/"
    browser.raw("POST", receipt, b"a=b")
    log = site.log()
    told = {name: name_of in log for name, name_of in (("reset", token), ("session", key))}
    told["receipt"] = receipt.split("/")[3] in log
    page = browser.send("GET", path)
    audit = str(site.company.query("SELECT details FROM mfa_auditevent"))
    told["audit"] = token in audit
    return not any(told.values()) and page.status == 200, {"statuses": statuses, "logged": told}


# S14. A burst inside one wait


@case("S14", "21 wrong passwords at once from one address")
def s14(site: Site) -> tuple[bool, dict[str, object]]:
    user = site.person("target")
    browsers = [site.browser("127.0.14.1") for _ in range(21)]
    for browser in browsers:
        browser.get(LOGIN)
    fields = {"email": user.email, "password": WRONG}
    burst([partial(browser.send, "POST", LOGIN, fields) for browser in browsers])
    judged = site.events("password_wrong", user)
    return judged <= 10, {"judged": judged, "slowed": site.events("password_slowed", user)}


# S15. Slow and huge


@case("S15", "30 slow clients without a proxy, then an upload of 600 MB")
def s15(site: Site) -> tuple[bool, dict[str, object]]:
    user = site.person("calm")
    rest = _waits(site, user, 2)
    port = urlsplit(site.company.url).port or 0
    heads = {
        "headers": b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a",
        "body": b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\na",
    }
    waits = {name: _under_slow(site, user, port, head) for name, head in heads.items()}
    _forget_waits()
    sent, status, took = _upload(port, 600_000_000)
    kept = sum(f.stat().st_size for f in Path(site.company.env["TMPDIR"]).rglob("*") if f.is_file())
    worst = max(max(each) for each in waits.values())
    return worst < 8 and sent < 20_000_000 and took < 10 and not kept, {
        "login at rest, s": round(median(rest), 2),
        **{f"worst login beside slow {n}, s": round(max(w), 2) for n, w in waits.items()},
        "MB taken of 600": round(sent / 1e6, 1),
        "answer": status,
        "seconds": round(took, 1),
        "bytes in the temporary folder": kept,
    }


def _under_slow(site: Site, user, port: int, head: bytes) -> list[float]:  # noqa: ANN001
    """Hold 30 connections open, one byte per second each, while a person logs in."""
    done = Flag()

    def dawdle() -> None:
        for _ in range(3):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
                line.sendall(head)
                while not done.wait(1):
                    line.sendall(b"a")
            if done.is_set():
                return

    threads = [Thread(target=dawdle, daemon=True) for _ in range(30)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        return _waits(site, user, 10, at_least=2)
    finally:
        done.set()
        for thread in threads:
            thread.join(10)


def _upload(port: int, size: int) -> tuple[int, str, float]:
    """Post a large file. Return how much was accepted, the answer, and the time."""
    head = (
        "POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {size}\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    )
    sent, began, answer, chunk = 0, time.monotonic(), b"", b"a" * 65_536
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(head.encode())
        with suppress(OSError):
            while sent < size and time.monotonic() - began < 20:
                line.sendall(chunk)
                sent += len(chunk)
        answer = line.recv(100)
    status = answer.split(b"\r\n")[0].decode(errors="replace") or "cut"
    return sent, status, time.monotonic() - began


# S16. Devices that stay recognized


@case("S16", "log in from the attacker's browser after the owner logged everyone else out")
def s16(site: Site) -> tuple[bool, dict[str, object]]:
    from mfa.models import Counter

    figures = {}
    for name in ("log out everywhere", "this was not me"):
        owner = site.person("owner")
        home, attacker = site.log_in(owner), site.log_in(owner, source="127.0.16.1")
        soon(lambda owner=owner: site.events("unusual_login", owner), within=15)
        word = PASSWORD
        if name == "log out everywhere":
            home.get(SECURITY)
            home.post(f"{SECURITY}sessions/others/")
        else:
            word = _disown(site, owner, home)
        told = site.events("unusual_login", owner)
        Counter.objects.all().delete()
        after = len(site.texts(owner))
        site.password(owner, attacker, word=word)
        attacker.post(VERIFY, code=site.next_code(owner, after))
        with suppress(AssertionError):
            soon(
                lambda owner=owner, told=told: site.events("unusual_login", owner) > told, within=10
            )
        figures[f"{name}: notified of the attacker's next login"] = (
            site.events("unusual_login", owner) > told
        )
    return all(figures.values()), figures


def _disown(site: Site, owner, home: Browser) -> str:  # noqa: ANN001
    """Report "this was not me" for the newest login, and choose a new password by the link."""
    page = home.get("/me/activity/")
    _forget_waits()
    event = re.findall(r"/me/activity/(\d+)/", page)[0]
    home.get(f"/me/activity/{event}/")
    home.post(f"/me/activity/{event}/")
    mail = soon(lambda: _bodies(site, owner, "/password/reset/"), within=15)[-1]
    link = urlsplit(re.findall(r"https://\S+/password/reset/\S+?/\S+?/", mail)[0]).path
    after = len(site.texts(owner))
    home.get(link)
    home.post(link)
    home.post(VERIFY, code=site.next_code(owner, after))
    home.post(home.path, new_password1=NEW, new_password2=NEW)
    return NEW


# S17. Requests that make no sense


@case("S17", "bad ids, patterns, charsets and receipts")
def s17(site: Site) -> tuple[bool, dict[str, object]]:
    from twilio.request_validator import RequestValidator

    from mfa.channels.twilio.receipts import url_of
    from mfa.models import Delivery

    root = site.log_in(site.staff("root"))
    statuses: dict[str, int] = {}
    root.get("/admin/accounts/user/")
    for action in ("send_link", "end_sessions", "require_new_password", "delete_selected"):
        for bad in ("x", "9" * 30, "-1", "1e9", "\x00"):
            fields = {"action": action, "_selected_action": bad}
            statuses[f"{action} {bad!r}"] = root.send(
                "POST", "/admin/accounts/user/", fields
            ).status
    for query in ("email__regex=[", "id__exact=x", "p=x", "o=999.x", "q=%00", "last_login__year=x"):
        statuses[query] = root.send("GET", f"/admin/accounts/user/?{query}").status
    for page in ("/admin/accounts/user/x/change/", f"/admin/accounts/user/{'9' * 30}/change/"):
        statuses[page] = root.send("GET", page).status
    stranger = site.browser("127.0.17.1")
    stranger.get(LOGIN)
    body = stranger.form(LOGIN, {"email": "a@b.org", "password": "x"})
    for charset in ("none-such", "utf-16", "utf-7", "\xff", "idna", "base64"):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        statuses[f"charset {charset!r}"] = stranger.raw("POST", LOGIN, body, Content_Type=kind)
    delivery = Delivery.objects.exclude(receipt_id=None).latest("pk")
    for name, to in (("NUL", "+44\x00"), ("lone", "\ud800"), ("long", "+" * 9000)):
        form = {
            "AccountSid": ACCOUNT.sid,
            "MessageSid": "SM" + "a" * 32,
            "MessageStatus": "failed",
            "To": to,
            "ErrorCode": "30003",
        }
        with suppress(UnicodeError):
            url = url_of(delivery.receipt_id)
            signed = RequestValidator(ACCOUNT.token).compute_signature(url, form)
            statuses[f"receipt {name}"] = stranger.raw(
                "POST",
                urlsplit(url).path,
                urlencode(form).encode(),
                X_Twilio_Signature=signed,
                Content_Type="application/x-www-form-urlencoded",
            )
    broken = {name: status for name, status in statuses.items() if status >= 500}
    return not broken, {"requests": len(statuses), "answered with 500": broken}


# S18. What stands in the files for containers


@case("S18", "fake the client's address; read the database container's settings")
def s18(site: Site) -> tuple[bool, dict[str, object]]:
    import yaml

    user = site.person("target")
    liar = site.browser("127.0.18.1")
    liar.headers["X-Forwarded-For"] = "198.51.100.7"
    site.password(user, liar, word=WRONG)
    rows = "SELECT host(address) FROM mfa_auditevent WHERE user_id = %s ORDER BY id DESC LIMIT 1"
    ((address,),) = site.company.query(rows, user.pk)
    compose = (ROOT / "deploy/compose.yaml").read_text()
    parts = yaml.safe_load(compose)["services"]
    shared = parts["web"].get("env_file")
    database = parts["db"].get("env_file")
    files = [*ROOT.glob("deploy/*.example"), ROOT / "deploy/compose.yaml"]
    trusted = re.findall(
        r"TRUSTED_PROXIES[=:]\s*\"?([^\s\"#]+)", "".join(f.read_text() for f in files)
    )
    ranges = [each for each in trusted if "/" in each and not each.endswith(("/32", "/128"))]
    redis = parts["redis"].get("env_file")
    good = address == "127.0.18.1" and not ranges and (database is None or database != shared)
    return good and redis is None, {
        "address that counts": address,
        "trusted proxies": trusted,
        "database reads": database,
        "portal reads": shared,
    }


# S19. Slow floods


@case("S19", "30 password emails to one address; 51 attempts from each of seven IP addresses")
def s19(site: Site) -> tuple[bool, dict[str, object]]:
    from mfa.models import Counter

    user, chief = site.person("flooded"), site.staff("chief")
    home = site.log_in(user)
    home.post("/logout/")
    for turn in range(30):
        # Half from unrecognized devices, half from the person's browser.
        browser = home if turn % 2 else site.browser(f"127.0.{turn + 100}.1")
        browser.get("/password/forgot/")
        browser.send("POST", "/password/forgot/", {"email": user.email})
        # Late enough for limits of minutes and hours to reset, but not those of a day.
        Counter.objects.filter(bucket__gt=100_000).delete()
    time.sleep(2)
    mails = len(_bodies(site, user, "/password/reset/"))
    before = len(site.mails(chief))
    burst([partial(_spray, site, f"127.0.{19 + number}.19") for number in range(7)])
    _bring_the_beat_forward()
    told = _told_soon(site, chief, before)
    return mails <= 10 and told, {"emails to one address": mails, "administrators alerted": told}


def _bring_the_beat_forward() -> None:
    """Queue what the beat queues within the next hours."""
    from django.conf import settings

    from portal.celery import app

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        app.send_task(entry["task"])


def _spray(site: Site, source: str) -> None:
    browser = site.browser(source)
    browser.get(LOGIN)
    for number in range(51):
        email = f"warm{number}@example.com"
        browser.send("POST", LOGIN, {"email": email, "password": WRONG})


def _told_soon(site: Site, user, before: int) -> bool:  # noqa: ANN001
    with suppress(AssertionError):
        return bool(soon(lambda: site.mails(user)[before:], within=40))
    return False


# S20. A link in the portal's own mail


@case("S20", "start a pause whose reason contains a link")
def s20(site: Site) -> tuple[bool, dict[str, object]]:
    desk = site.log_in(site.staff("desk", "Support"))
    links, mailed = 0, 0
    reasons = (
        "See https://evil.example/login now",
        '<a href="https://evil.example">portal</a>',
        "www.evil.example and evil.example/x",
        "mail help@evil.example",
        "x" * 5000,
    )
    for reason in reasons:
        member = site.person("member")
        _pause(desk, member, reason)
        if member.pauses.exists():
            soon(lambda member=member: site.mails(member), within=15)
            for mail in [m for m in site.company.mailbox.mails if m["to"] == member.email]:
                mailed += 1
                plain = mail.get_body(("plain",)).get_content()
                html = mail.get_body(("html",)).get_content()
                links += bool(re.search(r"https?://evil|www\.evil|href=\S*evil", plain + html))
                links += "x" * 300 in plain
    return not links, {"emails": mailed, "with a link or a flood": links}


# S21. A stale superuser's session


@case("S21", "with a stale superuser session: delete and change; restore a dump")
def s21(site: Site) -> tuple[bool, dict[str, object]]:
    from django.contrib.auth.models import Group

    from mfa.models import Factor

    chief = site.staff("chief")
    root = site.log_in(chief)
    root.get("/me/security/codes/")
    root.post("/me/security/codes/")
    member, victim = site.person("member"), site.person("member")
    owner = site.log_in(member)
    owner.get("/me/security/codes/")
    owner.post("/me/security/codes/")
    groups = [Group.objects.create(name=f"Doomed {number}") for number in range(3)]
    attacker = root.copy("127.0.21.1")
    stale(root)
    delete = {"post": "yes"}
    attacker.get("/admin/")
    attacker.send("POST", f"/admin/auth/group/{groups[0].pk}/delete/", delete)
    attacker.send(
        "POST",
        "/admin/auth/group/",
        {"action": "delete_selected", "_selected_action": str(groups[1].pk), **delete},
    )
    attacker.send("POST", f"/admin/auth/group/{groups[2].pk}/change/", {"name": "Stolen"})
    attacker.send("POST", "/admin/auth/group/add/", {"name": "Stolen too"})
    attacker.send("POST", f"/admin/accounts/user/{victim.pk}/delete/", delete)
    names = set(Group.objects.values_list("name", flat=True))
    lost = sum(group.name not in names for group in groups) + ("Stolen too" in names)
    lost += not type(victim).objects.filter(pk=victim.pk).exists()
    site.company.manage("restore", "--loaded")
    sets = Factor.objects.usable().filter(kind=Factor.Kind.RECOVERY_CODES)
    staff, others = sets.filter(user=chief).count(), sets.filter(user=member).count()
    return not lost and not staff and others == 1, {
        "changes made with the stale session": lost,
        "staff's recovery codes after a restore": staff,
        "a member's": others,
    }


# S22. An attacker's count


@case("S22", "guess codes while the owner logs in between")
def s22(site: Site) -> tuple[bool, dict[str, object]]:
    from mfa.models import Counter

    owner = site.person("owner")
    home = site.log_in(owner)
    home.post("/logout/")
    attacker = site.browser("127.0.22.1")
    _guess(site, owner, attacker)
    site.log_in(owner, home)
    factor = owner.factors.get()
    kept = factor.wrong_answers
    # The limits of texts would stop the attacker first.
    Counter.objects.all().delete()
    asked_again = _guess(site, owner, attacker)
    factor.refresh_from_db()
    held = not asked_again or factor.wrong_answers >= 10
    return kept >= 5 and held and site.events("locked", owner) > 0, {
        "wrong answers after the owner's login": kept,
        "after the attacker's next attempt": factor.wrong_answers,
        "attacker is asked again": asked_again,
    }


def _guess(site: Site, owner, attacker: Browser) -> bool:  # noqa: ANN001
    """Enter five wrong codes. Return whether a code was asked for at all."""
    after = len(site.texts(owner))
    if site.password(owner, attacker) != VERIFY:
        return False
    right = int(site.next_code(owner, after))
    for step in range(1, 6):
        attacker.send("POST", VERIFY, {"code": f"{(right + step) % 1_000_000:06}"})
    return True


# S23. A tab in the background


@case("S23", "poll pages that do not count as activity while logged in")
def s23(site: Site) -> tuple[bool, dict[str, object]]:
    from django.db.models import F

    from mfa.models import Session

    user = site.person("away")
    browser = site.log_in(user)
    mine = Session.objects.filter(user=user, aal__gt=0)
    mine.update(seen_at=F("seen_at") - timedelta(minutes=10))
    before = mine.get().seen_at
    moved = []
    for path in (
        "/theme.css",
        "/login/help/",
        "/me/phone/verify/status/",
        "/login/verify/status/",
        "/healthz",
        "/no-such-page",
        "/admin/jsi18n/",
    ):
        browser.send("GET", path)
        if mine.get().seen_at != before:
            moved.append(path)
            mine.update(seen_at=before)
    browser.send("GET", "/me/")
    page = mine.get().seen_at != before
    return not moved and page, {"polls that count": moved, "a page view counts": page}


if __name__ == "__main__":
    sys.exit(main())
