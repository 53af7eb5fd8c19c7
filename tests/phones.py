"""A phone that approves logins: its browser, its key and its subscription, without a screen."""

import json
import re
from dataclasses import dataclass, field
from html import unescape

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from mfa.channels import webpush
from mfa.channels.webpush.keys import encoded, point_of
from mfa.factors.push.devices import hash_of
from mfa.models import Factor, PushDevice
from tests.portal_client import Browser
from tests.push_service import PHONE, PushService

ADD = "/me/security/push/"
ENROLL = "/login/enroll/push/"
WAIT = "/login/push/"
# The cookie of a phone
TOKEN = "t" * 43
KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
CURVE = ec.SECP256R1()
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"


def sign(key: ec.EllipticCurvePrivateKey, *lines: str) -> str:
    """Sign as WebCrypto does."""
    r, s = decode_dss_signature(key.sign("\n".join(lines).encode(), ec.ECDSA(SHA256())))
    return encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def number_on(page: HttpResponse) -> str:
    """Return the number that a page on the computer shows."""
    return re.search(r"data-number>(\d\d)<", page.content.decode())[1]


def words(page: HttpResponse) -> str:
    return unescape(" ".join(page.content.decode().split()))


@dataclass
class Phone:
    """A browser of its own, which gets messages from a push service of the tests."""

    service: PushService
    path: str = "phone"
    browser: Browser = field(default_factory=lambda: Browser(headers={"user-agent": ANDROID}))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    pk: str = ""

    @property
    def endpoint(self) -> str:
        return f"{self.service.origin}/push/{self.path}"

    @property
    def subscription(self) -> dict[str, str]:
        return {
            "endpoint": self.endpoint,
            "p256dh": encoded(PHONE.p256dh),
            "auth": encoded(PHONE.auth),
            "server_key": webpush.public_key(),
        }

    def pair(self, code: str, **changes: str) -> HttpResponse:
        """Open the page of a QR code, and do what its script does."""
        page = self.browser.get(f"/approve/add/{code}/")
        found = re.search(r'data-phone="(\d+)"', page.content.decode())
        if found is None:
            return page
        self.pk = found[1]
        sent = {
            **self.subscription,
            "public_key": encoded(point_of(self.key.public_key())),
            "signature": sign(self.key, "portal phone 1", code, self.endpoint),
        }
        return self.browser.post(f"/approve/add/{code}/", {**sent, **changes})

    @property
    def messages(self) -> list[dict[str, str]]:
        """The texts of all messages to this phone."""
        got = [each for each in self.service.got if each.path == f"/push/{self.path}"]
        return [json.loads(each.text) for each in got]

    @property
    def newest(self) -> str:
        """The id of the newest request."""
        return self.messages[-1]["id"]

    def open(self, request: str = "") -> HttpResponse:
        return self.browser.get(f"/approve/{request or self.newest}/")

    def answer(
        self,
        number: str,
        decision: str = "approve",
        *,
        request: str = "",
        key: ec.EllipticCurvePrivateKey | None = None,
        **changes: str,
    ) -> HttpResponse:
        """Answer a request, by default the newest one. `changes` are what is wrong."""
        request = request or self.newest
        signature = sign(key or self.key, "portal approval 1", request, number, decision)
        sent = {"phone": self.pk, "number": number, "decision": decision, "signature": signature}
        return self.browser.post(f"/approve/{request}/", {**sent, **changes})

    def renew(self, endpoint: str | None = None, **changes: str) -> HttpResponse:
        """Tell the portal where this phone gets its messages, "" for nowhere."""
        sent = self.subscription if endpoint is None else dict.fromkeys(self.subscription, "")
        where = self.endpoint if endpoint is None else endpoint
        signature = sign(self.key, "portal subscription 1", self.pk, where)
        sent |= {"phone": self.pk, "endpoint": where, "signature": signature}
        return self.browser.post("/approve/subscription/", {**sent, **changes})


def shown_code(page: HttpResponse) -> str:
    """Return the code under a QR code."""
    return re.search(r"data-phone-code>([\w-]+)<", page.content.decode())[1].replace("-", "")


def add_phone(browser: Browser, phone: Phone, page: str = ADD, name: str = "") -> HttpResponse:
    """Add a phone on a logged-in person's computer."""
    phone.pair(shown_code(browser.post(page)))
    phone.answer(number_on(browser.get(page)))
    return browser.post(page, {"name": name})


def give_phone(user: User, service: PushService, path: str = "phone") -> Phone:
    """Add a phone, as if the person had set it up."""
    computer, phone = Browser(), Phone(service, path)
    computer.log_in(user)
    assert add_phone(computer, phone).url == "/me/security/?done=push"
    return phone


def stored(phone: Phone) -> PushDevice:
    return PushDevice.objects.get(pk=phone.pk)


def factor_of(phone: Phone) -> Factor:
    return stored(phone).factor


def give_deaf_phone(user: User, token: str = TOKEN) -> PushDevice:
    """Add a phone whose messages fail, as if the person had set it up."""
    now = timezone.now()
    User.objects.filter(pk=user.pk, ever_bound_at=None).update(ever_bound_at=now)
    user.refresh_from_db()
    factor = Factor.objects.create(user=user, kind="push", name="My phone", confirmed_at=now)
    nowhere = {"endpoint": "https://127.0.0.1/", "p256dh": "", "auth": ""}
    return PushDevice.objects.create(
        user=user,
        factor=factor,
        code_hash=hash_of(f"used {token}"),
        paired_at=now,
        public_key=point_of(ec.generate_private_key(CURVE).public_key()),
        token_hash=hash_of(token),
        subscription=json.dumps(nowhere),
        server_key=webpush.public_key(),
        subscribed_at=now,
        browser=ANDROID,
    )
