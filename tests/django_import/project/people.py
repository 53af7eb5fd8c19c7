"""People of the other project, made with the packages' own models and functions."""

import json
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from tests.security_key import SecurityKey, decode

PASSWORD = "seven purple ferries cross"
HOST = "testserver"
# Signing takes time, so only some people have a passkey.
WITH_KEY = 20


def make_person(name: str, **fields: object) -> User:
    values = {"email": f"{name}@Example.org", "first_name": "Ann", "last_name": name, **fields}
    return User.objects.create_user(name, password=PASSWORD, **values)


def with_otp(number: int) -> dict[str, object]:
    person = make_person(f"otp{number}")
    return {"email": f"otp{number}@example.org", "secret": app(person), "number": ""}


def with_two_factor(number: int) -> dict[str, object]:
    """Every other person gets texts, as the package's setup stores them."""
    from two_factor.plugins.phonenumber.models import PhoneDevice

    person = make_person(f"two{number}")
    facts = {"email": f"two{number}@example.org", "secret": "", "number": ""}
    if number % 2:
        return {**facts, "secret": app(person)}
    facts["number"] = f"+447911{120000 + number}"
    PhoneDevice.objects.create(user=person, name="default", number=facts["number"], method="sms")
    return facts


def with_allauth(number: int) -> dict[str, object]:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    person = with_address(f"all{number}")
    facts = {"email": f"all{number}@example.org", "secret": "", "number": "", "key": ""}
    if number < WITH_KEY:
        return {**facts, **passkey(person)}
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return {**facts, "base32": secret}


def with_address(name: str, *, verified: bool = True) -> User:
    from allauth.account.models import EmailAddress

    person = make_person(name)
    EmailAddress.objects.create(user=person, email=person.email, verified=verified, primary=True)
    return person


def app(person: User, **fields: object) -> str:
    """Add an app whose first code has just been used, and return its secret in hex."""
    from django_otp.oath import TOTP
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.create(user=person, name="default", **fields)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    assert device.verify_token(totp.token())
    return device.key


def passkey(person: User, *, host: str = HOST, **values: object) -> dict[str, object]:
    """Register a security key with allauth's own functions, and return its private part."""
    from allauth.core import context
    from allauth.mfa.webauthn.internal import auth

    key = SecurityKey(site=host, origin=f"http://{host}", **values)
    request = RequestFactory().post("/", HTTP_HOST=host)
    request.session = SessionStore()
    with context.request_context(request):
        options = auth.begin_registration(person, passwordless=True)["publicKey"]
        credential = json.loads(key.create(decode(options["challenge"])))
        auth.complete_registration(credential)
        auth.WebAuthn.add(person, "My key", credential)
    private = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "key": private.decode(),
        "credential": key.credential_id.hex(),
        "handle": decode(options["user"]["id"]).hex(),
        "counter": key.counter,
    }


def odd_otp() -> None:
    from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
    from django_otp.plugins.otp_totp.models import TOTPDevice

    app(make_person("staff", is_staff=True))
    app(make_person("root", is_superuser=True))
    app(make_person("nomail", email=""))
    app(make_person("bad", email="bad@nowhere"))
    app(make_person("twin", email="same@example.org"))
    app(make_person("twins", email="SAME@example.org"))
    app(make_person("here"))
    app(make_person("eight"), digits=8)
    app(make_person("minute"), step=60)
    app(make_person("fast", is_active=False), drift=10)
    TOTPDevice.objects.create(user=make_person("unfinished"), confirmed=False)
    codes = StaticDevice.objects.create(user=make_person("codes"), name="backup")
    codes.token_set.create(token=StaticToken.random_token())
    scrypt = make_person("scrypt")
    scrypt.password = make_password(PASSWORD, hasher="scrypt")
    scrypt.save()
    app(scrypt)
    app(make_person("=1+1", first_name="=1+1", last_name="\u202eevil", email="odd+1@example.org"))


def odd_two_factor() -> None:
    from django_otp.plugins.otp_static.models import StaticDevice
    from two_factor.plugins.phonenumber.models import PhoneDevice

    both = make_person("both")
    app(both)
    PhoneDevice.objects.create(user=both, name="backup", number="+447700900999", method="call")
    StaticDevice.objects.create(user=both, name="backup")
    desk = make_person("desk")
    PhoneDevice.objects.create(user=desk, name="default", number="+442079460000", method="call")


def odd_allauth() -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    RecoveryCodes.activate(User.objects.get(username="all1"))
    TOTP.activate(with_address("stranger", verified=False), generate_totp_secret())
    TOTP.activate(with_address("encrypted"), "gAAAAAB-not-base-32")
    passkey(with_address("elsewhere"), host="other.example")
    passkey(with_address("edwards"), algorithm=-8)


MAKERS: dict[str, Callable[[int], dict[str, object]]] = {
    "otp": with_otp,
    "two_factor": with_two_factor,
    "allauth": with_allauth,
}
ODD: dict[str, Callable[[], None]] = {
    "otp": odd_otp,
    "two_factor": odd_two_factor,
    "allauth": odd_allauth,
}
