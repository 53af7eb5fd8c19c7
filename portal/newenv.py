"""`python -m portal.newenv`: settings from .env.example with fresh keys, if there are none yet.

Without a path: .env of the demo. With one, such as /etc/portal/env: settings for production.
"""

import secrets
import sys
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
# What a company changes in any case; where and by what services stays its own to fill in.
PRODUCTION = {
    "DEMO=on\n": "DEMO=off\n",
    "#BASE_URL=http://127.0.0.1:8000\n": "BASE_URL=https://portal.example.com\n",
    "SMS_TEST_NUMBERS=": "#SMS_TEST_NUMBERS=",
    "PORTAL_NAME=Acme Portal\n": "PORTAL_NAME=Portal\n",
    "#METRICS_TOKEN=\n": "METRICS_TOKEN={token}\n",
}


def main(path: str = "") -> None:
    """Write the file, readable by its owner alone."""
    target = Path(path) if path else ROOT / ".env"
    if target.exists():
        return
    changes = {
        "SECRET_KEY=\n": f"SECRET_KEY={secrets.token_urlsafe(50)}\n",
        "ENCRYPTION_KEYS=\n": f"ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n",
    }
    if path:
        token = secrets.token_urlsafe(32)
        changes |= {shipped: ours.format(token=token) for shipped, ours in PRODUCTION.items()}
    text = (ROOT / ".env.example").read_text()
    for shipped, ours in changes.items():
        text = text.replace(f"\n{shipped}", f"\n{ours}")
    target.touch(mode=0o600)
    target.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:2])
