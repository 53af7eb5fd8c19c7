"""The portal's settings for started processes, with two changes for test runs."""

import os

from portal.settings import *  # noqa: F403

# Several portals can start at once, and none may rewrite files that another reads.
STATIC_ROOT = os.environ["TEST_STATIC_ROOT"]
if os.environ.get("TEST_HASHER") == "trivial":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
