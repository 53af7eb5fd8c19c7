"""The certificates that connections to providers trust."""

import os
import ssl
from pathlib import Path

import certifi


def authorities() -> str:
    """Return the trusted certificates: the file or folder that requests and OpenSSL would use."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    return next(filter(None, map(os.environ.get, names)), certifi.where())


def context(trusted: str) -> ssl.SSLContext:
    """Return TLS settings that trust them. Raises OSError if they cannot be read."""
    if Path(trusted).is_dir():
        return ssl.create_default_context(capath=trusted)
    return ssl.create_default_context(cafile=trusted)
