"""The password hasher."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters (46 MiB, one pass, one lane), a quarter of Django's cost.

    Source: OWASP Password Storage Cheat Sheet; ASVS 5.0, appendix C.
    """

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1
