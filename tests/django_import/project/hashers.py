"""Django's default hasher, cheap."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Cheap(PBKDF2PasswordHasher):
    iterations = 10
