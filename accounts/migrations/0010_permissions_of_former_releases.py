from django.db import migrations

SUPPORT = (
    'mfa.view_factor',
    'mfa.view_challenge',
    'mfa.view_delivery',
    'mfa.view_auditevent',
    'mfa.view_pause',
    'mfa.view_brake',
    'accounts.view_user',
    'mfa.add_pause',
)
ADMINISTRATORS = (
    *SUPPORT,
    'mfa.change_accountpolicy',
    'mfa.view_accountpolicy',
    'mfa.change_brake',
    'mfa.change_factor',
    'accounts.add_user',
    'accounts.change_user',
    'auth.view_group',
)


def record(apps, schema_editor):
    """Groups that exist got these from a former release, whether or not they still have them."""
    groups = apps.get_model('auth', 'Group').objects
    introductions = apps.get_model('accounts', 'Introduction')
    for name, labels in (('Support', SUPPORT), ('Administrators', ADMINISTRATORS)):
        if groups.filter(name=name).exists():
            introductions.objects.bulk_create(
                introductions(group=name, permission=label) for label in labels
            )


class Migration(migrations.Migration):
    """What former releases gave to the groups that exist."""

    dependencies = [
        ('accounts', '0009_permissions_that_groups_got'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [migrations.RunPython(record, migrations.RunPython.noop)]
