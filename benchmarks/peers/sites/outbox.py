"""The peers' texts: a file for each number, one code per line."""

import os
from pathlib import Path


def deliver(number: str, code: str) -> None:
    """Store a code."""
    with (Path(os.environ["PEERS_OUTBOX"]) / number).open("a") as file:
        file.write(f"{code}\n")


class Gateway:
    """Called by django-two-factor-auth to send a text."""

    def send_sms(self, device: object, token: str) -> None:
        """Store the code."""
        deliver(device.number.as_e164, token)
