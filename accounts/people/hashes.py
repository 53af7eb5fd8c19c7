"""Checks passwords at the same cost for everyone, including imported hashes (LG-03)."""

from collections.abc import Iterable

from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    BasePasswordHasher,
    get_hasher,
    get_hashers_by_algorithm,
    identify_hasher,
    make_password,
)

from accounts.models import ImportedHash, User
from accounts.people.hashers import is_payable, is_sound
from mfa import prepared

_IMPORTED = prepared.Query(ImportedHash.objects.all)
# The algorithm and the iterations of a hash, 0 if it has none
Kind = tuple[str, int]
# Stands before the memory, passes and lanes of Argon2 with other costs than ours
OTHER_ARGON2 = "argon2 "


def fit(user: User | None, password: str) -> bool:
    """Whether the password is this person's. Without a person it costs the same (LG-03).

    While imported hashes remain, everyone pays for our own hash and for the slowest imported one of
    each algorithm.
    """
    kind = kind_of(user.password) if user else None
    if user is None:
        make_password(password)
    right = user is not None and user.check_password(password)
    if kind and not right:
        # The hash of a right password has been renewed by now.
        make_password(password)
    _even_out(password, kind)
    return right


def kind_of(encoded: str) -> Kind | None:
    """Return the kind of an imported hash, or None for our own and for no password.

    Also None for a hash that no hasher can run: it counts as no password.
    """
    if not is_sound(encoded):
        return None
    hasher = identify_hasher(encoded)
    if hasher.algorithm == get_hasher().algorithm:
        return _other_argon2(encoded)
    return str(hasher.algorithm), int(hasher.decode(encoded).get("iterations", 0))


def _other_argon2(encoded: str) -> Kind | None:
    """Return the kind of an Argon2 hash that takes another time than ours, otherwise None."""
    own = get_hasher()
    if not isinstance(own, Argon2PasswordHasher):
        return None
    found = own.decode(encoded)
    costs = (found["memory_cost"], found["time_cost"], found["parallelism"])
    if costs == (own.memory_cost, own.time_cost, own.parallelism):
        return None
    return OTHER_ARGON2 + ",".join(map(str, costs)), 0


def slowest(kinds: Iterable[Kind]) -> dict[str, int]:
    """Return the highest iterations of each algorithm."""
    most: dict[str, int] = {}
    for algorithm, iterations in kinds:
        most[algorithm] = max(iterations, most.get(algorithm, 0))
    return most


def _even_out(password: str, paid: Kind | None) -> None:
    """Run the hashes that others pay for and this person has not paid for yet."""
    remaining = slowest((kind.algorithm, kind.iterations) for kind in _IMPORTED.all())
    for algorithm, iterations in remaining.items():
        mine = paid[1] if paid and paid[0] == algorithm else None
        hasher = _hasher_of(algorithm)
        if hasher and (mine is None or iterations > mine):
            _run(hasher, password, iterations - (mine or 0))


def _hasher_of(algorithm: str) -> BasePasswordHasher | None:
    """Return the hasher of a noted algorithm, None for one that this portal cannot run."""
    if not algorithm.startswith(OTHER_ARGON2):
        return get_hashers_by_algorithm().get(algorithm)
    memory, passes, lanes = map(int, algorithm.removeprefix(OTHER_ARGON2).split(","))
    if not is_payable({"memory_cost": memory, "time_cost": passes, "parallelism": lanes}):
        return None
    hasher = Argon2PasswordHasher()
    hasher.memory_cost, hasher.time_cost, hasher.parallelism = memory, passes, lanes
    return hasher


def _run(hasher: BasePasswordHasher, password: str, iterations: int) -> None:
    if iterations:
        # Only PBKDF2 hashers have iterations, and take them as an argument.
        hasher.encode(password, hasher.salt(), iterations)  # type: ignore[call-arg]
    else:
        hasher.encode(password, hasher.salt())
