from django.db import migrations

import accounts.emails


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_new_emails_wait_for_their_link'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='email',
            field=accounts.emails.EmailField(max_length=254, unique=True, verbose_name='Email'),
        ),
        migrations.AlterField(
            model_name='user',
            name='new_email',
            field=accounts.emails.EmailField(blank=True, editable=False, max_length=254),
        ),
    ]
