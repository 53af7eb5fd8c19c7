"""Password hashes: check one at the same cost for everybody, whatever system made it (LG-03)."""

from collections.abc import Iterable

from django.contrib.auth.hashers import (
    BasePasswordHasher,
    get_hasher,
    identify_hasher,
    make_password,
)

from accounts.models import ImportedHash, User

# The algorithm and the iterations of a hash; 0 where it counts none
Kind = tuple[str, int]


def fit(user: User | None, password: str) -> bool:
    """Say whether the password is this person's; nobody's costs as much (LG-03).

    While imported hashes remain, everybody pays for the portal's own hash and for the slowest
    imported one of each algorithm.
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
    """Return the kind of a hash that another system made; None for the portal's own and for none.

    One that no hasher here can read is None, too: Django checks it like no password at all.
    """
    try:
        hasher = identify_hasher(encoded)
    except ValueError:
        return None
    if hasher.algorithm == get_hasher().algorithm:
        return None
    return str(hasher.algorithm), int(hasher.decode(encoded).get("iterations", 0))


def slowest(kinds: Iterable[Kind]) -> dict[str, int]:
    """Return the most iterations of each algorithm."""
    most: dict[str, int] = {}
    for algorithm, iterations in kinds:
        most[algorithm] = max(iterations, most.get(algorithm, 0))
    return most


def _even_out(password: str, paid: Kind | None) -> None:
    """Hash once more by what others pay and this person has not paid yet."""
    remaining = slowest(ImportedHash.objects.values_list("algorithm", "iterations"))
    for algorithm, iterations in remaining.items():
        mine = paid[1] if paid and paid[0] == algorithm else None
        if mine is None or iterations > mine:
            _run(get_hasher(algorithm), password, iterations - (mine or 0))


def _run(hasher: BasePasswordHasher, password: str, iterations: int) -> None:
    if iterations:
        # Only PBKDF2's hashers count iterations, and take them as an argument.
        hasher.encode(password, hasher.salt(), iterations)  # type: ignore[call-arg]
    else:
        hasher.encode(password, hasher.salt())
