"""`python -m portal.newenv`: makes settings from .env.example with new keys, if there are none.

Without a path: .env for the demo. With a path, such as /etc/portal/env: for production.
"""

import argparse
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).resolve().parent.parent
# What every production server changes. Addresses and services are left to fill in.
PRODUCTION = {
    "DEMO=on\n": "DEMO=off\n",
    "#BASE_URL=http://127.0.0.1:8000\n": "BASE_URL=https://portal.example.com\n",
    "SMS_TEST_NUMBERS=": "#SMS_TEST_NUMBERS=",
    "#METRICS_TOKEN=\n": "METRICS_TOKEN={token}\n",
}


def main(path: str = "") -> None:
    """Write the file, readable only by its owner."""
    target = Path(path) if path else ROOT / ".env"
    if target.exists():
        return
    changes = {
        "SECRET_KEY=\n": f"SECRET_KEY={secrets.token_urlsafe(50)}\n",
        "ENCRYPTION_KEYS=\n": f"ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n",
        "VAPID_PRIVATE_KEY=\n": f"VAPID_PRIVATE_KEY={new_push_key()}\n",
    }
    if path:
        token = secrets.token_urlsafe(32)
        changes |= {shipped: ours.format(token=token) for shipped, ours in PRODUCTION.items()}
    text = (ROOT / ".env.example").read_text()
    for shipped, ours in changes.items():
        text = text.replace(f"\n{shipped}", f"\n{ours}")
    target.touch(mode=0o600)
    target.write_text(text)


def new_push_key() -> str:
    """Return a new value of VAPID_PRIVATE_KEY: 32 bytes in base64url."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m portal.newenv", description=__doc__)
    parser.add_argument("path", nargs="?", default="", help="the file to write")
    main(parser.parse_args().path)
