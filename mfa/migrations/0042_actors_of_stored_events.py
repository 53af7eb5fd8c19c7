from django.conf import settings
from django.db import migrations, models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast


def fill_actors(apps, schema_editor):
    """Who acted stood in the details alone."""
    events = apps.get_model('mfa', 'AuditEvent').objects.filter(details__has_key='by')
    events.update(actor_id=Cast(KT('details__by'), models.BigIntegerField()))


def drop_numbers(apps, schema_editor):
    """Former releases know no number of a person who was deleted."""
    app, model = settings.AUTH_USER_MODEL.split('.')
    people = apps.get_model(app, model).objects.values('pk')
    events = apps.get_model('mfa', 'AuditEvent').objects
    events.exclude(user_id=None).exclude(user_id__in=people).update(user_id=None)


class Migration(migrations.Migration):
    """Who acted, for the events that are stored."""

    dependencies = [
        ('mfa', '0041_audit_keeps_numbers_of_people'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(fill_actors, drop_numbers)]
