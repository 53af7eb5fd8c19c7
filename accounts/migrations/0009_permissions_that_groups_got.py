from django.db import migrations, models


class Migration(migrations.Migration):
    """What releases gave to our groups is recorded, so that none is given twice."""

    dependencies = [
        ('accounts', '0008_typed_text_is_plain'),
    ]

    operations = [
        migrations.CreateModel(
            name='Introduction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=150)),
                ('permission', models.CharField(max_length=200)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('group', 'permission'), name='introduction_once')],
            },
        ),
    ]
