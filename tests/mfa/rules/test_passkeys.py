"""Passkeys: each check of WebAuthn Level 3, the specification's vectors and recorded ceremonies."""

import json
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from mfa.rules.passkeys import (
    ASSERTION,
    CREATION,
    Check,
    Expected,
    ExpectedAnswer,
    Known,
    Refused,
    Stored,
    challenge_in,
    creation_options,
    encoded,
    read_assertion,
    read_creation,
    request_options,
    verify_assertion,
    verify_creation,
)
from tests.security_key import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, SecurityKey, decode, encode

DATA = Path(__file__).parent / "data"
VECTORS = json.loads((DATA / "webauthn_level_3.json").read_text())
RECORDED = json.loads((DATA / "recorded_passkeys.json").read_text())
HANDLE = bytes(range(64))
ALICE, BOB = 1, 2
SITE, ORIGIN = "portal.example", "https://portal.example"
CHALLENGE = secrets.token_bytes(32)
OTHER_CHALLENGE = secrets.token_bytes(32)
EXPECTED = Expected(challenge=CHALLENGE, site=SITE, origin=ORIGIN)

# What is wrong, and the check that refuses it. Rows of both ceremonies come first.
BOTH = [
    ({"id": "AAAA"}, Check.SAME_ID),
    ({"raw_id": bytes(32)}, Check.SAME_ID),
    ({"type": "webauthn.other"}, Check.TYPE),
    ({"origin": "https://other.example"}, Check.ORIGIN),
    ({"origin": "https://sub.portal.example"}, Check.ORIGIN),
    ({"origin": "http://portal.example"}, Check.ORIGIN),
    ({"origin": "https://portal.example:444"}, Check.ORIGIN),
    ({"origin": "https://portal.example/"}, Check.ORIGIN),
    ({"cross_origin": True}, Check.CROSS_ORIGIN),
    ({"cross_origin": "false"}, Check.CROSS_ORIGIN),
    ({"cross_origin": None}, Check.CROSS_ORIGIN),
    ({"top_origin": "https://portal.example"}, Check.TOP_ORIGIN),
    ({"top_origin": None}, Check.TOP_ORIGIN),
    ({"site": "other.example"}, Check.SITE),
    ({"site": "sub.portal.example"}, Check.SITE),
    ({"flags": 0}, Check.PRESENT),
    ({"flags": VERIFIED}, Check.PRESENT),
    ({"flags": PRESENT | BACKED_UP}, Check.BACKED_UP),
    ({"kind": "password"}, Check.FORM),
    ({"client": b"[]"}, Check.FORM),
    ({"client": b"\xff"}, Check.FORM),
    ({"client": b"{"}, Check.FORM),
    ({"client": b"[" * 20_000}, Check.FORM),
    ({"client": b"{}"}, Check.TYPE),
    ({"response": {"clientDataJSON": 5}}, Check.FORM),
]


def _stored(key: SecurityKey, **changes: object) -> Stored:
    stored = Stored(
        owner=ALICE,
        handle=HANDLE,
        credential_id=key.credential_id,
        public_key=key.cose(),
        sign_count=1 if key.counter else 0,
        backup_eligible=bool(key.flags & ELIGIBLE),
    )
    return replace(stored, **changes)


def _asked(key: SecurityKey, *, stored: dict | None = None, **changes: object) -> ExpectedAnswer:
    values = {"challenge": CHALLENGE, "site": SITE, "origin": ORIGIN, "owner": ALICE, **changes}
    return ExpectedAnswer(stored=_stored(key, **(stored or {})), **values)


def _create(text: str, expected: Expected = EXPECTED) -> Check | None:
    """Return the check that refuses a new passkey."""
    try:
        verify_creation(read_creation(text), expected)
    except Refused as refusal:
        return refusal.check
    return None


def _answer(text: str, expected: ExpectedAnswer) -> Check | None:
    """Return the check that refuses an answer."""
    try:
        verify_assertion(read_assertion(text), expected)
    except Refused as refusal:
        return refusal.check
    return None


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["section"])
def test_vectors_of_the_specification_pass_unless_framed(vector: dict) -> None:
    site, origin = VECTORS["rp_id"], VECTORS["origin"]
    refusal = {
        "none-es256-crossOrigin": Check.CROSS_ORIGIN,
        "none-es256-topOrigin": Check.CROSS_ORIGIN,
    }.get(vector["section"])
    new, answer = vector["registration"], vector["authentication"]
    expected = Expected(challenge=decode(new["challenge"]), site=site, origin=origin)
    text = json.dumps(new["credential"])
    assert _create(text, expected) is refusal
    creation = read_creation(text)
    stored = Stored(
        owner=ALICE,
        handle=HANDLE,
        credential_id=creation.credential_id,
        public_key=creation.public_key,
        sign_count=creation.data.sign_count,
        backup_eligible=creation.data.flags.be,
    )
    asked = ExpectedAnswer(
        challenge=decode(answer["challenge"]), site=site, origin=origin, stored=stored, owner=ALICE
    )
    assert _answer(json.dumps(answer["credential"]), asked) is refusal


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize(
    "ceremony", RECORDED["ceremonies"], ids=lambda ceremony: ceremony["authenticator"]
)
def test_recorded_ceremonies_pass_if_enough_was_verified(ceremony: dict, *, verified: bool) -> None:
    site, origin = RECORDED["site"], RECORDED["origin"]
    challenge, text = decode(ceremony["challenge"]), json.dumps(ceremony["registration"])
    expected = Expected(challenge=challenge, site=site, origin=origin, verified=verified)
    creation = read_creation(text)
    refusal = Check.VERIFIED if verified and not creation.data.flags.uv else None
    assert _create(text, expected) is refusal
    stored = Stored(
        owner=ALICE,
        handle=decode(ceremony["handle"]),
        credential_id=creation.credential_id,
        public_key=creation.public_key,
        sign_count=creation.data.sign_count,
        backup_eligible=creation.data.flags.be,
    )
    asked = ExpectedAnswer(
        challenge=challenge,
        site=site,
        origin=origin,
        verified=verified,
        stored=stored,
        owner=ALICE,
    )
    assert _answer(json.dumps(ceremony["authentication"]), asked) is refusal


def test_recorded_passkeys_tell_their_provider_and_transports() -> None:
    read = [read_creation(json.dumps(one["registration"])) for one in RECORDED["ceremonies"]]
    assert {creation.provider for creation in read} == {
        "01020304-0506-0708-0102-030405060708",
        "00000000-0000-0000-0000-000000000000",
    }
    assert [creation.transports for creation in read] == [
        ["usb"],
        ["internal"],
        ["internal"],
        ["internal"],
        ["usb"],
    ]


@pytest.mark.parametrize(("changes", "check"), BOTH)
def test_new_passkey_with_one_thing_wrong_is_refused_by_name(changes: dict, check: Check) -> None:
    assert _create(SecurityKey().create(CHALLENGE, **changes)) is check


@pytest.mark.parametrize(("changes", "check"), BOTH)
def test_answer_with_one_thing_wrong_is_refused_by_name(changes: dict, check: Check) -> None:
    key = SecurityKey()
    # With a wrong id, that one would be the stored passkey's.
    asked = _asked(key, stored={"credential_id": changes.get("raw_id", key.credential_id)})
    if "raw_id" in changes:
        changes = {**changes, "id": encode(key.credential_id)}
    assert _answer(key.answer(CHALLENGE, **changes), asked) is check


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"type": "webauthn.get"}, Check.TYPE),
        ({"fmt": "unheard-of"}, Check.ATTESTATION),
        ({"fmt": "packed", "statement": {"alg": -7, "sig": b"no"}}, Check.ATTESTATION),
        ({"fmt": "packed"}, Check.ATTESTATION),
        ({"fmt": "tpm"}, Check.ATTESTATION),
        ({"statement": {"sig": b"no"}}, Check.ATTESTATION),
        ({"length": 1000}, Check.FORM),
        ({"cose": b""}, Check.FORM),
        ({"cose": b"\xa0"}, Check.ALGORITHM),
        ({"cose": b"\x80"}, Check.ALGORITHM),
        ({"cose": b"\x04"}, Check.ALGORITHM),
        ({"response": {"attestationObject": "AAAA"}}, Check.FORM),
        ({"response": {"attestationObject": None}}, Check.FORM),
    ],
)
def test_wrong_new_passkey_is_refused_by_name(changes: dict, check: Check) -> None:
    assert _create(SecurityKey().create(CHALLENGE, **changes)) is check


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"type": "webauthn.create"}, Check.TYPE),
        ({"flags": PRESENT | VERIFIED | ELIGIBLE}, Check.ELIGIBLE),
        ({"flags": PRESENT | VERIFIED | ELIGIBLE | BACKED_UP}, Check.ELIGIBLE),
        ({"handle": bytes(64)}, Check.HANDLE),
        ({"handle": b""}, Check.HANDLE),
        ({"signature": b"no"}, Check.SIGNATURE),
        ({"counter": 1}, Check.COUNTER),
        ({"counter": 0}, Check.COUNTER),
        ({"response": {"authenticatorData": "AAAA"}}, Check.FORM),
        ({"response": {"signature": None}}, Check.FORM),
        ({"response": {"userHandle": 5}}, Check.FORM),
    ],
)
def test_wrong_answer_is_refused_by_name(changes: dict, check: Check) -> None:
    key = SecurityKey()
    assert _answer(key.answer(CHALLENGE, **changes), _asked(key)) is check


def test_answer_to_another_challenge_is_refused() -> None:
    key = SecurityKey()
    assert _answer(key.answer(OTHER_CHALLENGE), _asked(key)) is Check.CHALLENGE
    assert _create(key.create(OTHER_CHALLENGE)) is Check.CHALLENGE


@pytest.mark.parametrize("size", [0, 31, 33])
def test_expected_challenge_of_another_length_refuses_everything(size: int) -> None:
    key, challenge = SecurityKey(), bytes(size)
    assert _answer(key.answer(challenge), _asked(key, challenge=challenge)) is Check.CHALLENGE


@pytest.mark.parametrize("sent", ["null", "5", '"\u00e9"', '"A"', "[]"])
def test_answer_without_a_readable_challenge_is_refused(sent: str) -> None:
    key = SecurityKey()
    client = f'{{"type": "webauthn.get", "challenge": {sent}, "origin": "{ORIGIN}"}}'
    text = key.answer(CHALLENGE, client=client.encode())
    assert challenge_in(read_assertion(text)) == b""
    assert _answer(text, _asked(key)) is Check.CHALLENGE


def test_passkey_of_another_person_is_refused() -> None:
    key = SecurityKey(handle=HANDLE)
    assert _answer(key.answer(CHALLENGE), _asked(key, owner=BOB)) is Check.OWNER
    assert _answer(key.answer(CHALLENGE), _asked(key, owner=ALICE)) is None


def test_stored_passkey_with_another_id_is_refused() -> None:
    key = SecurityKey()
    asked = _asked(key, stored={"credential_id": bytes(32)})
    assert _answer(key.answer(CHALLENGE), asked) is Check.OWNER


def test_passkey_alone_must_name_its_owner() -> None:
    key = SecurityKey()
    asked = _asked(key, owner=None, verified=True)
    assert _answer(key.answer(CHALLENGE), asked) is Check.HANDLE
    assert _answer(key.answer(CHALLENGE, handle=bytes(64)), asked) is Check.HANDLE
    assert _answer(key.answer(CHALLENGE, handle=HANDLE), asked) is None


def test_touch_is_not_enough_where_the_person_must_be_verified() -> None:
    key = SecurityKey(handle=HANDLE, flags=PRESENT)
    asked = _asked(key, owner=None, verified=True)
    assert _answer(key.answer(CHALLENGE), asked) is Check.VERIFIED
    assert _answer(key.answer(CHALLENGE), _asked(key)) is None
    assert _create(key.create(CHALLENGE), replace(EXPECTED, verified=True)) is Check.VERIFIED


@pytest.mark.parametrize(
    ("stored", "sent", "refusal"),
    [
        (0, 0, None),
        (0, 1, None),
        (7, 8, None),
        (7, 7, Check.COUNTER),
        (7, 6, Check.COUNTER),
        (7, 0, Check.COUNTER),
        (2**32 - 2, 2**32 - 1, None),
    ],
)
def test_counter_has_to_rise_once_it_is_above_zero(
    stored: int, sent: int, refusal: Check | None
) -> None:
    key = SecurityKey(counter=None)
    asked = _asked(key, stored={"sign_count": stored})
    assert _answer(key.answer(CHALLENGE, counter=sent), asked) is refusal


def test_passkey_that_becomes_or_stops_being_eligible_for_backup_is_refused() -> None:
    key = SecurityKey(flags=PRESENT | ELIGIBLE | BACKED_UP)
    asked = _asked(key)
    assert _answer(key.answer(CHALLENGE), asked) is None
    assert _answer(key.answer(CHALLENGE, flags=PRESENT | ELIGIBLE), asked) is None
    assert _answer(key.answer(CHALLENGE, flags=PRESENT), asked) is Check.ELIGIBLE


@pytest.mark.parametrize("algorithm", [-7, -257])
def test_both_offered_algorithms_register_and_answer(algorithm: int) -> None:
    key = SecurityKey(algorithm=algorithm)
    assert _create(key.create(CHALLENGE)) is None
    assert _answer(key.answer(CHALLENGE), _asked(key)) is None
    other = SecurityKey(algorithm=algorithm, credential_id=key.credential_id)
    if algorithm == -7:
        asked = _asked(key, stored={"public_key": other.cose()})
        assert _answer(key.answer(CHALLENGE), asked) is Check.SIGNATURE


@pytest.mark.parametrize(
    ("algorithm", "changes"),
    [
        (-8, {}),
        (-35, {}),
        (-36, {}),
        (-37, {}),
        (-35, {"alg": -7}),
        (-7, {"crv": 2}),
        (-7, {"kty": 3}),
        (-7, {"alg": -257}),
        (-7, {"x": 5}),
        (-257, {"n": 2**2046 + 1}),
        (-257, {"n": 2**4096 + 1}),
        (-257, {"e": 3}),
        (-257, {"alg": -7}),
        (-257, {"kty": 2}),
    ],
)
def test_other_algorithms_curves_and_sizes_are_refused_by_name(
    algorithm: int, changes: dict
) -> None:
    cose = SecurityKey(algorithm=algorithm).cose(**changes)
    assert _create(SecurityKey().create(CHALLENGE, cose=cose)) is Check.ALGORITHM


def test_stored_key_of_another_algorithm_signs_nothing() -> None:
    key = SecurityKey(algorithm=-8)
    assert _answer(key.answer(CHALLENGE), _asked(key)) is Check.SIGNATURE


@pytest.mark.parametrize(("size", "refusal"), [(1, None), (1023, None), (1024, Check.LENGTH)])
def test_ids_of_up_to_1023_bytes_are_taken(size: int, refusal: Check | None) -> None:
    assert _create(SecurityKey(credential_id=bytes(size)).create(CHALLENGE)) is refusal


def test_answer_of_more_than_32_kilobytes_is_refused_unread() -> None:
    text = SecurityKey().create(CHALLENGE)
    longest = text + " " * (32 * 1024 - len(text))
    assert _create(longest) is None
    assert _create(longest + " ") is Check.FORM
    key = SecurityKey()
    text = key.answer(CHALLENGE)
    longest = text + " " * (32 * 1024 - len(text))
    assert _answer(longest, _asked(key)) is None
    assert _answer(longest + " ", _asked(key)) is Check.FORM


def test_older_browsers_do_not_mention_frames() -> None:
    client = {"type": "webauthn.get", "challenge": encode(CHALLENGE), "origin": ORIGIN}
    key = SecurityKey()
    text = key.answer(CHALLENGE, client=json.dumps(client).encode())
    assert _answer(text, _asked(key)) is None


@pytest.mark.parametrize("bits", [2048, 4096])
def test_rsa_keys_of_2048_to_4096_bits_are_taken(bits: int) -> None:
    cose = SecurityKey(algorithm=-257).cose(n=2 ** (bits - 1) + 1)
    assert _create(SecurityKey().create(CHALLENGE, cose=cose)) is None


def test_transports_that_nobody_knows_are_dropped() -> None:
    text = SecurityKey().create(CHALLENGE, transports=["usb", "telepathy", "nfc", "usb"])
    assert read_creation(text).transports == ["nfc", "usb"]
    assert read_creation(SecurityKey().create(CHALLENGE, transports=None)).transports == []


def test_assertion_has_no_new_key() -> None:
    key = SecurityKey()
    data = json.loads(key.answer(CHALLENGE))["response"]["authenticatorData"]
    object_ = b"\xa3cfmtdnonegattStmt\xa0hauthDataX%" + decode(data)
    text = key.create(CHALLENGE, response={"attestationObject": encode(object_)})
    creation = read_creation(text)
    assert (creation.credential_id, creation.public_key) == (b"", b"")
    assert creation.provider == "----"
    assert _create(text) is Check.SAME_ID


def test_checks_are_in_the_order_of_the_specification() -> None:
    # Sections 7.1 and 7.2 of WebAuthn Level 3
    assert [check for check, _holds in ASSERTION] == [
        Check.SAME_ID,
        Check.OWNER,
        Check.HANDLE,
        Check.TYPE,
        Check.CHALLENGE,
        Check.ORIGIN,
        Check.CROSS_ORIGIN,
        Check.TOP_ORIGIN,
        Check.SITE,
        Check.PRESENT,
        Check.VERIFIED,
        Check.BACKED_UP,
        Check.ELIGIBLE,
        Check.SIGNATURE,
        Check.COUNTER,
    ]
    assert [check for check, _holds in CREATION] == [
        Check.SAME_ID,
        Check.SAME_ID,
        Check.TYPE,
        Check.CHALLENGE,
        Check.ORIGIN,
        Check.CROSS_ORIGIN,
        Check.TOP_ORIGIN,
        Check.SITE,
        Check.PRESENT,
        Check.VERIFIED,
        Check.BACKED_UP,
        Check.ALGORITHM,
        Check.ATTESTATION,
        Check.LENGTH,
    ]


def test_options_for_a_new_passkey() -> None:
    known = [Known(b"one", ("usb", "nfc")), Known(b"two")]
    person, name = (HANDLE, "alice@example.org"), "alice@example.org"
    assert creation_options(CHALLENGE, site=SITE, portal="Portal", person=person, known=known) == {
        "rp": {"id": SITE, "name": "Portal"},
        "user": {"id": encode(HANDLE), "name": name, "displayName": name},
        "challenge": encode(CHALLENGE),
        "pubKeyCredParams": [
            {"type": "public-key", "alg": -7},
            {"type": "public-key", "alg": -257},
        ],
        "timeout": 300_000,
        "excludeCredentials": [
            {"type": "public-key", "id": encode(b"one"), "transports": ["usb", "nfc"]},
            {"type": "public-key", "id": encode(b"two")},
        ],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "hints": ["client-device", "hybrid", "security-key"],
        "attestation": "none",
    }


@pytest.mark.parametrize(("verified", "word"), [(True, "required"), (False, "preferred")])
def test_options_for_an_answer(*, verified: bool, word: str) -> None:
    known = [Known(b"one", ("internal",))]
    options = request_options(CHALLENGE, site=SITE, known=known, verified=verified)
    assert options == {
        "challenge": encode(CHALLENGE),
        "timeout": 300_000,
        "rpId": SITE,
        "allowCredentials": [
            {"type": "public-key", "id": encode(b"one"), "transports": ["internal"]}
        ],
        "userVerification": word,
        "hints": ["client-device"],
    }


def test_options_without_a_person_name_nobody() -> None:
    options = request_options(CHALLENGE, site=SITE)
    assert (options["allowCredentials"], options["userVerification"]) == ([], "preferred")
    assert options["hints"] == []


@pytest.mark.parametrize(
    ("transports", "hints"),
    [
        ([("usb",)], ["security-key"]),
        ([("nfc",)], ["security-key"]),
        ([("ble",)], ["security-key"]),
        ([("smart-card",)], ["security-key"]),
        ([("hybrid",)], ["hybrid"]),
        ([("hybrid", "internal")], ["client-device", "hybrid"]),
        ([("usb", "nfc"), ("internal",)], ["client-device", "security-key"]),
        ([("usb",), ()], []),
        ([("usb", "cable")], []),
    ],
)
def test_hints_say_where_the_passkeys_are(transports: list, hints: list) -> None:
    known = [Known(b"one", each) for each in transports]
    assert request_options(CHALLENGE, site=SITE, known=known)["hints"] == hints


@pytest.mark.parametrize("flags", [0, VERIFIED, ELIGIBLE | BACKED_UP])
def test_passkey_that_a_browser_makes_automatically_needs_no_touch(flags: int) -> None:
    """WebAuthn Level 3, 7.1: with the mediation "conditional". An answer always needs one."""
    text = SecurityKey(flags=flags).create(CHALLENGE)
    assert _create(text) is Check.PRESENT
    assert _create(text, replace(EXPECTED, present=False)) is None
    key = SecurityKey(handle=HANDLE, flags=flags)
    assert _answer(key.answer(CHALLENGE), _asked(key, present=False)) is Check.PRESENT
    # The library checks it again with the attestation.
    attested = dict(CREATION)[Check.ATTESTATION]
    assert not attested(read_creation(text), EXPECTED)
    assert attested(read_creation(text), replace(EXPECTED, present=False))


@pytest.mark.parametrize(
    ("changes", "check"),
    [(changes, check) for changes, check in BOTH if check is not Check.PRESENT],
)
def test_browser_that_makes_a_passkey_automatically_passes_all_other_checks(
    changes: dict, check: Check
) -> None:
    expected = replace(EXPECTED, present=False)
    assert _create(SecurityKey().create(CHALLENGE, **changes), expected) is check


@pytest.mark.parametrize(
    ("data", "text"), [(b"", ""), (b"\0\0\x17", "AAAX"), (b"\0\xff", "AP8"), (b"\xfb\xff", "-_8")]
)
def test_bytes_are_written_as_base64url_without_padding(data: bytes, text: str) -> None:
    assert encoded(data) == text


def test_refusal_says_which_check_failed() -> None:
    assert str(Refused(Check.ORIGIN)) == "origin"


KEY = SecurityKey()
SENT = json.loads(KEY.create(CHALLENGE)), json.loads(KEY.answer(CHALLENGE))


@given(
    which=st.integers(0, 1),
    field=st.sampled_from(
        ["attestationObject", "authenticatorData", "clientDataJSON", "signature", "userHandle"]
    ),
    data=st.binary(max_size=200) | st.just(b""),
    at=st.floats(0, 1),
)
def test_changed_bytes_are_refused_and_never_raise_anything_else(
    which: int, field: str, data: bytes, at: float
) -> None:
    sent = json.loads(json.dumps(SENT[which]))
    right = decode(sent["response"].get(field, ""))
    cut = int(at * len(right))
    changed = right[:cut] + data + right[cut + len(data) :]
    sent["response"][field] = encode(changed)
    text = json.dumps(sent)
    refusal = _answer(text, _asked(KEY)) if which else _create(text)
    relevant = field in SENT[which]["response"] or (which == 1 and field == "userHandle")
    if which == 1 and relevant and changed != right:
        assert refusal is not None


@given(st.text() | st.from_regex(r"\{.{0,40}\}"))
def test_other_text_is_refused_as_unreadable(text: str) -> None:
    assert _create(text) is Check.FORM
    assert _answer(text, _asked(KEY)) is Check.FORM
