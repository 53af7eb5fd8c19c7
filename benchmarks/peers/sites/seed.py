"""Creates people: `python -m benchmarks.peers.sites.seed 100` prints them as JSON."""

import json
import os
import sys

import django

from benchmarks.peers.logins import PASSWORD


def main(most: int) -> None:
    """Store people with a shared hash, and the phone that their product needs."""
    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User

    password = make_password(PASSWORD)
    people = User.objects.bulk_create(
        User(username=f"+4477009{number:05}", password=password) for number in range(most)
    )
    if os.environ["PEERS_SITE"] == "twofactor":
        from two_factor.plugins.phonenumber.models import PhoneDevice

        PhoneDevice.objects.bulk_create(
            PhoneDevice(
                user=user, number=user.username, method="sms", name="default", confirmed=True
            )
            for user in people
        )
    facts = [
        {"name": user.username, "number": user.username, "address": f"10.0.{n // 250}.{n % 250}"}
        for n, user in enumerate(people)
    ]
    print(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]))
