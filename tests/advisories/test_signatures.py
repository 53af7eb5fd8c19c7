"""Each kind of signature has its own purpose (X24, Postiz CVE-2026-115933).

There one secret signed sessions, invitations and resets alike, so one could replace the other.
"""

import ast
from itertools import permutations
from pathlib import Path

import pytest
from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.utils import timezone

from accounts.models import User
from accounts.organizations import invitation_links
from accounts.people import links, notice_links, pass_links, recovery_links
from accounts.people.links import Link
from mfa.admin.base import edits
from mfa.limits.base import keyed
from mfa.models import Challenge
from mfa.models.channel_health import mail_config
from mfa.rules import codes
from mfa.rules.routes import Purpose
from mfa.session_engine import SessionStore
from mfa.sessions import devices

ROOT = Path(settings.BASE_DIR)
CODE = [
    path
    for app in ("accounts", "mfa", "portal")
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
]
# Functions that sign, encrypt or make a token
MAKERS = {"hmac", "signing", "crypto", "tokens", "cryptography", "jwt", "itsdangerous", "nacl"}
# Where they are used, and what separates their purposes
USES = {
    "accounts/people/links.py": "a salt for each kind of link: SIGNERS",
    "accounts/people/notice_links.py": "a salt of its own, and the person is signed: SIGNERS",
    "accounts/people/pass_links.py": "a salt of its own: SIGNERS",
    "accounts/people/recovery_links.py": "a salt of its own: SIGNERS",
    "accounts/people/row_links.py": "the signers of pass_links.py and recovery_links.py",
    "accounts/organizations/invitation_links.py": "a salt of its own: SIGNERS",
    "accounts/admin/organization_rules_form.py": "a salt of its own, and only compared",
    "mfa/sessions/devices.py": "a salt of its own: SIGNERS",
    "mfa/limits/base.py": "never shown to anybody: FINGERPRINTS",
    "mfa/admin/base/edits.py": "a salt of its own: FINGERPRINTS",
    "mfa/factors/totp.py": "the keys of mfa/crypto.py",
    "mfa/models/factors.py": "the keys of mfa/crypto.py",
    "mfa/models/people.py": "a salt of its own: FINGERPRINTS",
    "mfa/models/channel_health.py": "a salt of its own: FINGERPRINTS",
    "mfa/models/sms_account.py": "never shown to anybody, and the token has 128 bits",
    "mfa/rules/codes.py": "a key of its own, and each purpose is signed: FINGERPRINTS",
    "mfa/rules/totp.py": "the secret of each app",
    "mfa/rules/passkeys/checks.py": "the public keys of passkeys, which verify only",
    "mfa/rules/passkeys/keys.py": "reads these keys only",
    "mfa/views/passkeys.py": "draws a nonce only",
    "mfa/channels/twilio/receipts.py": "the token of the Twilio account",
    "mfa/channels/webpush/keys.py": "the VAPID key, whose signatures name their audience",
    "mfa/channels/webpush/encryption.py": "a key for each message",
    "mfa/factors/push/keys.py": "the public keys of phones, which verify only",
    "mfa/models/push.py": "the keys of mfa/rules/codes.py",
    "mfa/views/push.py": "draws a nonce only",
    "mfa/crypto.py": "keys of its own, for the database and sessions alone",
    "mfa/management/commands/reencrypt.py": "the same keys",
    "portal/examination.py": "the same keys",
    "portal/checks.py": "looks at the keys only",
    "portal/newenv.py": "draws the keys",
    "portal/readiness.py": "the same keys",
    "portal/probes.py": "compares only",
    "mfa/challenges/verify.py": "compares only",
    "mfa/challenges/newcomers.py": "compares only",
    "mfa/login/pending.py": "compares only",
    "mfa/login/typed.py": "the keys of mfa/crypto.py, in the person's own session",
}


def imports(path: Path) -> set[str]:
    """The last two words of each imported module, and the imported names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name for alias in node.names for name in alias.name.split(".")}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {*node.module.split("."), *(alias.name for alias in node.names)}
    return found


def signers(user: User) -> dict[str, Signer]:
    at = timezone.now()
    store = SessionStore()
    return {
        **{f"link {link}": links._Signer(link, user, at) for link in Link},
        "notice": notice_links._Signer(at),
        "pass": pass_links._LINK.signer,
        "lost phone": recovery_links._MAILED.signer,
        "lost phone, by text": recovery_links._TEXTED.signer,
        "invitation": invitation_links._Signer(at),
        "recognized device": devices._signer(user),
        "session": TimestampSigner(salt=store.key_salt),
    }


def respelled(signed: str, by: Signer, other: Signer) -> str:
    return other.sep.join(signed.split(by.sep))


def test_every_use_of_a_signer_is_listed() -> None:
    """A new use fails here: give it its own purpose, and add it to the tests below."""
    found = {str(path.relative_to(ROOT)) for path in CODE if imports(path) & MAKERS}
    assert found == set(USES)


def test_signature_is_invalid_for_other_purposes(alice: User) -> None:
    made = signers(alice)
    signed = {name: signer.sign("MQ") for name, signer in made.items()}
    passed = []
    for one, other in permutations(made, 2):
        try:
            made[other].unsign(respelled(signed[one], made[one], made[other]))
        except BadSignature:
            continue
        passed.append((one, other))
    assert passed == []
    assert {signer.unsign(signed[name]) for name, signer in made.items()} == {"MQ"}


# These contain the number of a person or of a person's row.
NAMES_A_ROW = {"session", "notice", "invitation", "lost phone", "lost phone, by text", "pass"}


def test_signature_of_alice_is_invalid_for_bob(alice: User, bob: User) -> None:
    """Charlie's part: each names its person too, except those that contain one."""
    mine, theirs = signers(alice), signers(bob)
    for name in set(mine) - NAMES_A_ROW:
        with pytest.raises(BadSignature):
            theirs[name].unsign(mine[name].sign("MQ"))


def test_fingerprints_differ_by_purpose(alice: User) -> None:
    """FINGERPRINTS: none reveals what another one identifies."""
    key = codes.key_of(settings.SECRET_KEY)
    found = {
        "session's password": alice.get_session_auth_hash(),
        "count": keyed(alice.password),
        "key of codes": key.hex(),
        "mail server": mail_config(),
        "form of an admin page": edits._mark(alice, "password", alice.password),
    }
    assert len(set(found.values())) == len(found)


def test_every_counter_key_starts_with_its_limit() -> None:
    """So that no count can equal the key of codes, which has a word without a colon."""
    calls = [
        node
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "keyed"
    ]
    assert calls
    assert [ast.unparse(call) for call in calls if ":" not in ast.unparse(call.args[0])] == []


def test_code_is_invalid_for_other_purposes(alice: User) -> None:
    """OT-04: the same question to the same phone, for each purpose."""
    same = {"id": Challenge().id, "user": alice, "channel": "sms", "target": "+447700900201"}
    key = codes.fingerprint(codes.key_of(settings.SECRET_KEY))
    asked = [Challenge(**same, purpose=purpose, key=key) for purpose in Purpose]
    assert len({challenge.code_for("browser") for challenge in asked}) == len(Purpose)
