"""The password hasher, and which hashes of other systems it is safe to run."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher

# What a hasher can run, and every login can pay (S11). Django's own are at most 1,200,000
# iterations (6.0), and for Argon2 102,400 KiB, 2 passes and 8 lanes.
BOUNDS = {
    "iterations": (1, 2_000_000),
    "memory_cost": (8, 256 * 1024),
    "time_cost": (1, 8),
    "parallelism": (1, 16),
}
# Memory times passes, and memory for each lane (RFC 9106, 3.1), in KiB
MOST_WORK, LEAST_PER_LANE = 256 * 1024, 8


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters (46 MiB, one pass, one lane), a quarter of Django's cost.

    Source: OWASP Password Storage Cheat Sheet; ASVS 5.0, appendix C.
    """

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1


def is_sound(encoded: str) -> bool:
    """Whether a hash can be verified, at a cost that a login can pay.

    A broken one would raise an error at its login, and at everyone's, who run the same (LG-03).
    """
    try:
        hasher = identify_hasher(encoded)
        parts = hasher.decode(encoded)
    except Exception:  # noqa: BLE001 hashers raise many kinds of errors for broken hashes
        return False
    return is_payable(parts) and parts.get("salt") != ""


def is_payable(parts: Mapping[str, Any]) -> bool:
    """Whether a hasher can run these costs, and a login can pay them."""
    if not all(low <= parts.get(name, low) <= high for name, (low, high) in BOUNDS.items()):
        return False
    if "memory_cost" not in parts:
        return True
    memory, lanes, passes = (parts[name] for name in ("memory_cost", "parallelism", "time_cost"))
    return bool(LEAST_PER_LANE * lanes <= memory and memory * passes <= MOST_WORK)
