"""Migrates, makes people with the packages' own code, and writes the dump and a list of facts.

`python -m tests.django_import.project PEOPLE FILE OPTIONS` passes the options to dumpdata.
"""

import json
import sys

import django
from django.core.management import call_command


def main(most: int, path: str, *options: str) -> None:
    django.setup()
    call_command("migrate", verbosity=0)

    from django.conf import settings
    from django.db import transaction

    from tests.django_import.project import people

    with transaction.atomic():
        facts = [people.MAKERS[settings.PACKAGE](number) for number in range(most)]
        people.ODD[settings.PACKAGE]()
    call_command("dumpdata", *options, output=path)
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
