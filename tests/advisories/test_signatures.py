"""Each signed thing has a purpose of its own (X24, Postiz CVE-2026-115933).

There one secret signed sessions, invitations and resets alike, so that one passed for the other.
"""

import ast
from itertools import permutations
from pathlib import Path

import pytest
from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.utils import timezone

from accounts import links
from accounts.links import Link
from accounts.models import User
from mfa import browsers
from mfa.admin_base import edits
from mfa.limits import keyed
from mfa.models import Challenge, Purpose
from mfa.models.policies import mail_config
from mfa.rules import codes
from mfa.sessions import SessionStore

ROOT = Path(settings.BASE_DIR)
CODE = [path for app in ("accounts", "mfa", "portal") for path in (ROOT / app).rglob("*.py")]
# What can sign, encrypt or make a token
MAKERS = {"hmac", "signing", "crypto", "tokens", "cryptography", "jwt", "itsdangerous", "nacl"}
# Where that is done, and what keeps it apart from the others
USES = {
    "accounts/links.py": "a salt for each kind of link: SIGNERS",
    "mfa/browsers.py": "a salt of its own: SIGNERS",
    "mfa/sessions.py": "Django's salt for sessions: SIGNERS",
    "mfa/limits.py": "never shown to anybody: FINGERPRINTS",
    "mfa/admin_base/edits.py": "a salt of its own: FINGERPRINTS",
    "mfa/totp.py": "the keys of mfa/encryption.py",
    "mfa/models/people.py": "a salt of its own: FINGERPRINTS",
    "mfa/models/policies.py": "a salt of its own: FINGERPRINTS",
    "mfa/rules/codes.py": "a key of its own, and each purpose is signed: FINGERPRINTS",
    "mfa/rules/totp.py": "the secret of each app",
    "mfa/channels/twilio_receipts.py": "the token of the Twilio account",
    "mfa/encryption.py": "keys of its own, for the database and sessions alone",
    "mfa/management/commands/reencrypt.py": "the same keys",
    "portal/examination.py": "the same keys",
    "portal/checks.py": "looks at the keys only",
    "portal/newenv.py": "draws the keys",
    "portal/probes.py": "compares only",
    "mfa/answers.py": "compares only",
    "mfa/pending.py": "compares only",
}


def imports(path: Path) -> set[str]:
    """The last two words of each module that a file imports, and the names from it."""
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
        "recognized device": browsers._signer(user),
        "session": TimestampSigner(salt=store.key_salt),
    }


def respelled(signed: str, by: Signer, other: Signer) -> str:
    return other.sep.join(signed.split(by.sep))


def test_whoever_signs_stands_in_the_table() -> None:
    """A new one fails here: give it a purpose of its own, and a line in the tests below."""
    found = {str(path.relative_to(ROOT)) for path in CODE if imports(path) & MAKERS}
    assert found == set(USES)


def test_no_signature_passes_for_another(alice: User) -> None:
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


def test_no_signature_of_alices_passes_for_bobs(alice: User, bob: User) -> None:
    """Charlie's part: each names its person, too, but the session, which names one inside."""
    mine, theirs = signers(alice), signers(bob)
    for name in set(mine) - {"session"}:
        with pytest.raises(BadSignature):
            theirs[name].unsign(mine[name].sign("MQ"))


def test_the_same_words_have_another_fingerprint_for_each_purpose(alice: User) -> None:
    """FINGERPRINTS: none of them tells what another one is."""
    key = codes.key_of(settings.SECRET_KEY)
    found = {
        "session's password": alice.get_session_auth_hash(),
        "count": keyed(alice.password),
        "key of codes": key.hex(),
        "mail server": mail_config(),
        "form of an admin page": edits._mark(alice, "password", alice.password),
    }
    assert len(set(found.values())) == len(found)


def test_every_count_names_its_limit_first() -> None:
    """So that no count is ever the key of the codes, which has a word without a colon."""
    calls = [
        node
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "keyed"
    ]
    assert calls
    assert [ast.unparse(call) for call in calls if ":" not in ast.unparse(call.args[0])] == []


def test_the_code_of_one_purpose_is_none_of_another(alice: User) -> None:
    """OT-04: the same question to the same phone, for each purpose."""
    same = {"id": Challenge().id, "user": alice, "channel": "sms", "target": "+447700900201"}
    key = codes.fingerprint(codes.key_of(settings.SECRET_KEY))
    asked = [Challenge(**same, purpose=purpose, key=key) for purpose in Purpose]
    assert len({challenge.code_for("browser") for challenge in asked}) == len(Purpose)
