"""`python -m portal.newenv`: writes .env from .env.example with fresh keys, if there is none."""

import secrets
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the file, readable by its owner alone."""
    target = ROOT / ".env"
    if target.exists():
        return
    keys = {
        "SECRET_KEY=\n": f"SECRET_KEY={secrets.token_urlsafe(50)}\n",
        "ENCRYPTION_KEYS=\n": f"ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n",
    }
    text = (ROOT / ".env.example").read_text()
    for empty, fresh in keys.items():
        text = text.replace(empty, fresh)
    target.touch(mode=0o600)
    target.write_text(text)


if __name__ == "__main__":
    main()
