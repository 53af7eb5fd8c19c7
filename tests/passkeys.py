"""A person's passkey at the portal of the tests."""

from django.utils import timezone

from accounts.models import User
from mfa.models import Factor
from mfa.models.passkeys import Passkey, PasskeyHandle
from tests.portal_client import Browser
from tests.security_key import ELIGIBLE, SecurityKey, decode

HANDLE = bytes(range(64))
OPTIONS = "/login/by-passkey/options/"
LOG_IN = "/login/by-passkey/"
SECOND = "/login/passkey/"
ADD = "/me/security/passkey/"
ENROLL = "/login/enroll/passkey/"


def new_key(**values: object) -> SecurityKey:
    """Return a security key that knows the portal of the tests."""
    return SecurityKey(site="testserver", origin="http://testserver", **values)


def give_passkey(user: User, name: str = "", **values: object) -> SecurityKey:
    """Add a passkey, as if the person had set it up."""
    handle, _new = PasskeyHandle.objects.get_or_create(
        user=user, defaults={"value": bytes([user.pk % 256]) * 64}
    )
    key = new_key(handle=bytes(handle.value), **values)
    now = timezone.now()
    User.objects.filter(pk=user.pk, ever_bound_at=None).update(ever_bound_at=now)
    user.refresh_from_db()
    factor = Factor.objects.create(user=user, kind="passkey", name=name, confirmed_at=now)
    Passkey.objects.create(
        factor=factor,
        credential_id=key.credential_id,
        public_key=key.cose(),
        sign_count=key.counter or 0,
        backup_eligible=bool(key.flags & ELIGIBLE),
        backed_up=False,
        transports=["usb"],
        provider="00000000-0000-0000-0000-000000000000",
    )
    return key


def asked(browser: Browser, page: str) -> bytes:
    """Return a new challenge of a page, as its script requests one."""
    return decode(browser.post(f"{page}options/").json()["challenge"])


def answered(browser: Browser, key: SecurityKey, page: str, **changes: object):
    """Answer a new challenge of a page. `changes` are what is wrong, or `next`."""
    form = {"next": changes.pop("next")} if "next" in changes else {}
    challenge = changes.pop("challenge", None) or asked(browser, page)
    return browser.post(page, {"credential": key.answer(challenge, **changes), **form})


def create(browser: Browser, key: SecurityKey, page: str, name: str = "", **changes: object):
    """Make a new passkey with a page's options. `changes` are what is wrong."""
    options = browser.post(f"{page}options/").json()
    key.handle = decode(options["user"]["id"])
    text = key.create(decode(options["challenge"]), **changes)
    return browser.post(page, {"credential": text, "name": name})
