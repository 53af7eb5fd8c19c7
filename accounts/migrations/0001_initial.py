import accounts.models.emails
import accounts.models.tiles
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import mfa.models.plain_text
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportedHash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('algorithm', models.CharField(max_length=40)),
                ('iterations', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('algorithm', 'iterations'), name='imported_hash_kind')],
            },
        ),
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
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=40, validators=[mfa.models.plain_text.check], verbose_name='title')),
                ('address', models.CharField(help_text='A path of this portal, such as /help/, or an address with https://.', max_length=500, validators=[accounts.models.tiles.check_address], verbose_name='address')),
                ('icon', models.CharField(choices=[('link', 'Link'), ('document', 'Document'), ('calendar', 'Calendar'), ('chart', 'Chart'), ('people', 'People'), ('mail', 'Mail'), ('help', 'Help')], default='link', max_length=10, verbose_name='icon')),
                ('staff_only', models.BooleanField(default=False, verbose_name='only for staff')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower numbers come first.', verbose_name='position')),
                ('group', models.ForeignKey(blank=True, help_text='Leave empty to show it to everyone.', null=True, on_delete=django.db.models.deletion.CASCADE, to='auth.group', verbose_name='only for group')),
            ],
            options={
                'verbose_name': 'home page link',
                'verbose_name_plural': 'home page links',
                'ordering': ['position', 'title', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('device_epoch', models.PositiveIntegerField(default=0, editable=False)),
                ('session_epoch', models.PositiveIntegerField(default=0, editable=False)),
                ('wrong_answers', models.PositiveIntegerField(default=0, editable=False)),
                ('wrong_answer_at', models.DateTimeField(editable=False, null=True)),
                ('answers_confirmed_at', models.DateTimeField(editable=False, null=True)),
                ('wait_until', models.DateTimeField(editable=False, null=True)),
                ('ever_bound_at', models.DateTimeField(editable=False, null=True)),
                ('skipped_at', models.DateTimeField(editable=False, null=True)),
                ('mailbox_rests_until', models.DateTimeField(editable=False, null=True)),
                ('mailbox_proven_at', models.DateTimeField(editable=False, null=True)),
                ('email_changed_at', models.DateTimeField(editable=False, null=True)),
                ('mailbox_due_at', models.DateTimeField(editable=False, null=True)),
                ('reset_at', models.DateTimeField(editable=False, null=True)),
                ('email', accounts.models.emails.EmailField(max_length=254, unique=True, verbose_name='Email')),
                ('new_email', accounts.models.emails.EmailField(blank=True, editable=False, max_length=254)),
                ('username', models.CharField(blank=True, max_length=150, null=True, unique=True, validators=[django.core.validators.RegexValidator('^[\\w.+-]+\\Z', 'Use letters, digits and . + - _ only.')], verbose_name='Username')),
                ('full_name', models.CharField(blank=True, max_length=150, validators=[mfa.models.plain_text.check], verbose_name='Full name')),
                ('language', models.CharField(choices=[('en', 'English')], default='en', max_length=10, verbose_name='Language')),
                ('time_zone', models.CharField(blank=True, default='', max_length=63, verbose_name='Time zone')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('password_expired', models.BooleanField(default=False, editable=False)),
                ('password_imported_at', models.DateTimeField(editable=False, null=True)),
                ('is_staff', models.BooleanField(default=False, verbose_name='staff access')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'indexes': [models.Index(condition=models.Q(('is_staff', True)), fields=['email'], name='user_staff'), models.Index(condition=models.Q(('is_active', False)), fields=['email'], name='user_inactive'), models.Index(condition=models.Q(('password_imported_at__isnull', False)), fields=['password_imported_at'], name='user_imported_password'), models.Index(condition=models.Q(('password_imported_at', None), models.Q(('password__startswith', 'argon2$'), _negated=True), models.Q(('password__startswith', '!'), _negated=True)), fields=['id'], name='user_unnoted_password')],
            },
        ),
    ]
