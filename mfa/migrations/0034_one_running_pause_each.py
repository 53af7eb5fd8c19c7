from django.db import migrations
from django.db.models import F
from django.utils import timezone


def end_pauses(apps, schema_editor):
    """Mark what is over, and keep of a person's running pauses the one that ends last."""
    now = timezone.now()
    pauses = apps.get_model('mfa', 'Pause').objects.filter(ended_at=None)
    pauses.filter(until__lte=now).update(ended_at=F('until'))
    kept = set()
    for pause in pauses.order_by('-until', '-pk'):
        if pause.user_id in kept:
            pauses.filter(pk=pause.pk).update(until=now, ended_at=now)
        kept.add(pause.user_id)
    # Sessions that a pause let in did not know so yet: these people log in again.
    sessions = apps.get_model('mfa', 'Session').objects
    sessions.filter(user_id__in=kept, aal=1).delete()


class Migration(migrations.Migration):
    """One running pause a person, from those that are stored."""

    dependencies = [('mfa', '0033_sessions_of_pauses')]

    operations = [migrations.RunPython(end_pauses, migrations.RunPython.noop)]
