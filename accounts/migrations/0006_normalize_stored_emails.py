import logging
from collections import defaultdict

from django.db import migrations

from mfa.rules.emails import normalize

logger = logging.getLogger("accounts.migrations")


def normalize_stored(apps, _schema_editor):
    """Normalize each email that nobody else has in its normal form; the others stay as they are.

    Nobody can say which of two people owns one address, so `manage.py doctor` names them.
    """
    people = apps.get_model("accounts", "User").objects
    changed = defaultdict(list)
    for pk, email in people.values_list("pk", "email").iterator():
        if normalize(email) != email:
            changed[normalize(email)].append(pk)
    for email, pks in changed.items():
        # A look-up finds stored emails in their normal form only.
        if len(pks) > 1 or people.filter(email=email).exists():
            logger.warning("people %s share one address: see manage.py doctor", pks)
        else:
            people.filter(pk=pks[0]).update(email=email)
    for pk, email in people.exclude(new_email="").values_list("pk", "new_email").iterator():
        people.filter(pk=pk).update(new_email=email)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_emails_are_normalized'),
    ]

    operations = [
        migrations.RunPython(normalize_stored, migrations.RunPython.noop),
    ]
