import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import mfa.crypto
import mfa.models.branding
import mfa.models.challenges
import mfa.models.plain_text
import mfa.rules.methods
import mfa.rules.routes
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelHealth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('texts_rest_since', models.DateTimeField(editable=False, null=True)),
                ('texts_failed_at', models.DateTimeField(editable=False, null=True)),
                ('texts_fault_reason', models.CharField(blank=True, editable=False, max_length=20)),
                ('texts_fault_code', models.CharField(blank=True, editable=False, max_length=12)),
                ('texts_fault_reported', models.BooleanField(default=False, editable=False)),
                ('texts_tried_at', models.DateTimeField(editable=False, null=True)),
                ('texts_resumed_at', models.DateTimeField(editable=False, null=True)),
                ('mail_tested_at', models.DateTimeField(editable=False, null=True)),
                ('mail_test_config', models.CharField(blank=True, editable=False, max_length=64)),
                ('mail_test_reason', models.CharField(blank=True, editable=False, max_length=20)),
                ('mail_test_code', models.CharField(blank=True, editable=False, max_length=12)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('channel', models.CharField(max_length=8)),
                ('target', models.CharField(max_length=254)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('body', models.TextField()),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SmsAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.CharField(blank=True, max_length=34, verbose_name='SMS Account ID')),
                ('auth_token', mfa.crypto.EncryptedTextField(blank=True, verbose_name='SMS Authentication Token')),
                ('phone_number', models.CharField(blank=True, max_length=34, verbose_name='SMS Phone Number')),
                ('candidate_since', models.DateTimeField(editable=False, null=True)),
                ('candidate_account_id', models.CharField(blank=True, editable=False, max_length=34)),
                ('candidate_auth_token', mfa.crypto.EncryptedTextField(blank=True, editable=False)),
                ('candidate_phone_number', models.CharField(blank=True, editable=False, max_length=34)),
                ('previous_token', mfa.crypto.EncryptedTextField(blank=True, editable=False)),
                ('previous_token_until', models.DateTimeField(editable=False, null=True)),
                ('tested_at', models.DateTimeField(editable=False, null=True)),
                ('tested_credentials', models.CharField(blank=True, editable=False, max_length=64)),
                ('is_trial', models.BooleanField(default=False, editable=False)),
                ('unredacted', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('bucket', models.BigIntegerField()),
                ('count', models.PositiveIntegerField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['bucket'], name='counter_bucket')],
                'constraints': [models.UniqueConstraint(fields=('key', 'bucket'), name='counter_key_bucket')],
            },
        ),
        migrations.CreateModel(
            name='Factor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('phone', 'phone'), ('app', 'authenticator app'), ('recovery_codes', 'recovery codes')], default='phone', max_length=16, verbose_name='kind')),
                ('target', models.CharField(blank=True, max_length=254)),
                ('last_four', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Right('target', 4), output_field=models.CharField(max_length=4))),
                ('name', models.CharField(blank=True, max_length=40, validators=[mfa.models.plain_text.check], verbose_name='name')),
                ('secret', mfa.crypto.EncryptedTextField(blank=True, editable=False)),
                ('last_step', models.BigIntegerField(default=0, editable=False)),
                ('confirmed_at', models.DateTimeField(verbose_name='verified')),
                ('last_used_at', models.DateTimeField(null=True, verbose_name='last used')),
                ('status', models.CharField(choices=[('proposed', 'not verified yet'), ('assigned', 'entered by an administrator, not verified yet'), ('active', 'in use'), ('suspended', 'reported lost'), ('disabled', 'disabled after 100 wrong codes'), ('revoked', 'removed')], default='active', max_length=9, verbose_name='status')),
                ('status_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='status since')),
                ('restored_at', models.DateTimeField(editable=False, null=True)),
                ('wrong_answers', models.PositiveSmallIntegerField(default=0, verbose_name='wrong codes in a row')),
                ('wrong_answer_at', models.DateTimeField(editable=False, null=True)),
                ('refuses_until', models.DateTimeField(null=True, verbose_name='blocks texts until')),
                ('doubtful_since', models.DateTimeField(null=True, verbose_name='doubtful since')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='verified from')),
                ('browser', models.CharField(blank=True, max_length=200, verbose_name='browser')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='factors', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'factor',
                'verbose_name_plural': 'factors',
                'permissions': [('rescue_person', 'Can help people who cannot log in')],
            },
        ),
        migrations.CreateModel(
            name='Challenge',
            fields=[
                ('id', models.UUIDField(default=mfa.models.challenges.random_id, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[(mfa.rules.routes.Purpose['LOGIN'], 'log in'), (mfa.rules.routes.Purpose['ENROLL'], 'verify a first number'), (mfa.rules.routes.Purpose['CHANGE'], 'verify a new number'), (mfa.rules.routes.Purpose['STEP_UP'], 'confirm who is logged in'), (mfa.rules.routes.Purpose['RESET'], 'set a new password'), (mfa.rules.routes.Purpose['RECOVER'], 'set up a new phone or app'), (mfa.rules.routes.Purpose['TEST'], 'test the SMS account'), (mfa.rules.routes.Purpose['ACCOUNT'], 'confirm new SMS account values')], max_length=16, verbose_name='purpose')),
                ('channel', models.CharField(choices=[(mfa.rules.methods.ChannelName['SMS'], mfa.rules.methods.ChannelName['SMS']), (mfa.rules.methods.ChannelName['EMAIL'], mfa.rules.methods.ChannelName['EMAIL'])], max_length=8, verbose_name='channel')),
                ('target', models.CharField(max_length=254)),
                ('new_in', models.CharField(blank=True, max_length=2)),
                ('network', models.CharField(blank=True, max_length=43)),
                ('unsettled', models.BooleanField(default=False)),
                ('browser', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=8)),
                ('created_at', models.DateTimeField(verbose_name='requested')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('tries_left', models.PositiveSmallIntegerField(default=5, verbose_name='attempts left')),
                ('sends', models.PositiveSmallIntegerField(default=1, verbose_name='messages')),
                ('resend_at', models.DateTimeField(verbose_name='next message allowed from')),
                ('passed_at', models.DateTimeField(null=True, verbose_name='verified')),
                ('voided_at', models.DateTimeField(null=True, verbose_name='replaced')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='challenges', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('factor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='challenges', to='mfa.factor')),
            ],
            options={
                'verbose_name': 'challenge',
                'verbose_name_plural': 'challenges',
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=40)),
                ('by_epoch', models.PositiveIntegerField(default=0)),
                ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
                ('browser', models.CharField(blank=True, max_length=200, verbose_name='browser')),
                ('people', models.JSONField(default=list)),
                ('total', models.PositiveIntegerField(verbose_name='people')),
                ('position', models.PositiveIntegerField(default=0)),
                ('left_out', models.PositiveIntegerField(default=0, verbose_name='left out')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                ('worked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by')),
            ],
            options={
                'verbose_name': 'job',
                'verbose_name_plural': 'jobs',
            },
        ),
        migrations.CreateModel(
            name='Lockout',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField()),
                ('until', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['until'], name='wait_until')],
            },
        ),
        migrations.CreateModel(
            name='Metric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=16)),
                ('words', models.CharField(max_length=80)),
                ('value', models.BigIntegerField()),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('name', 'words'), name='tally_name_words')],
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200, validators=[mfa.models.plain_text.check], verbose_name='reason')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('breakglass', models.BooleanField(default=False, editable=False, verbose_name='breakglass')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'pause',
                'verbose_name_plural': 'pauses',
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(null=True)),
                ('factor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to='mfa.factor')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SendBlock',
            fields=[
                ('scope', models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name='numbers')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('lifted_at', models.DateTimeField(null=True, verbose_name='allowed again')),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='allowed again by')),
            ],
            options={
                'verbose_name': 'send block',
                'verbose_name_plural': 'limits',
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('key_hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField(null=True)),
                ('address', models.GenericIPAddressField(null=True)),
                ('browser', models.CharField(blank=True, max_length=200)),
                ('aal', models.PositiveSmallIntegerField(default=0)),
                ('seen_at', models.DateTimeField(null=True)),
                ('pause', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='mfa.pause')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SitePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('portal_name', models.CharField(default=mfa.models.branding.first_name, help_text='Shown on pages, in emails and at the start of every text. At most 30 characters.', max_length=30, validators=[mfa.models.branding.check_name], verbose_name='Portal name')),
                ('accent', models.CharField(default=mfa.models.branding.first_accent, help_text='For buttons and links, for example #1d4ed8.', max_length=7, validators=[mfa.models.branding.check_accent], verbose_name='Accent color')),
                ('enforcement', models.CharField(blank=True, choices=[('optional', 'Optional'), ('required', 'Required')], max_length=10, verbose_name='MFA requirement')),
                ('email_codes', models.CharField(blank=True, choices=[('login', 'To log in (never for staff)'), ('recovery', 'Only to set up a new phone or app (never for staff)'), ('off', 'Never')], help_text="Anyone who can read a person's email can then use these codes.", max_length=10, verbose_name='Codes by email')),
                ('code_life_minutes', models.PositiveSmallIntegerField(blank=True, help_text='2 to 10. Default: 10.', null=True, validators=[django.core.validators.MinValueValidator(2), django.core.validators.MaxValueValidator(10)], verbose_name='Code lifetime (minutes)')),
                ('session_hours', models.PositiveSmallIntegerField(blank=True, help_text='1 to 24. Default: 12. Staff: at most 12.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(24)], verbose_name='Session length (hours)')),
                ('session_idle_minutes', models.PositiveSmallIntegerField(blank=True, help_text='5 to 60. Default: 30. Staff: at most 15.', null=True, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(60)], verbose_name='Idle timeout (minutes)')),
                ('allow_voip', models.BooleanField(blank=True, null=True, verbose_name='Accept internet (VoIP) numbers')),
                ('enroll_countries', models.JSONField(blank=True, default=list, verbose_name='Countries for new numbers')),
                ('text_countries', models.JSONField(blank=True, default=list, verbose_name='Countries for texts to verified numbers')),
                ('after_enrollment', models.CharField(blank=True, choices=[('login_again', 'Go back to the login page'), ('finish', 'Show a page with the button “Finish”'), ('continue', 'Go straight to the portal')], max_length=12, verbose_name='After first set-up')),
                ('home_region', models.CharField(blank=True, help_text='People can enter numbers from this country without the country code.', max_length=2, verbose_name='Home country')),
                ('contact', models.CharField(blank=True, help_text='Shown to people who cannot log in. Example: the help desk, 020 7946 0000.', max_length=200, validators=[mfa.models.plain_text.check], verbose_name='Contact for help')),
                ('enabled', models.BooleanField(default=False, verbose_name='Enable Multi-factor authentication')),
                ('switched_at', models.DateTimeField(editable=False, null=True)),
                ('first_enabled_at', models.DateTimeField(editable=False, null=True)),
                ('staff_released_at', models.DateTimeField(editable=False, null=True)),
                ('invitation', models.CharField(blank=True, help_text='One sentence for the email that invites people. Plain text without links. Example: Here you see your orders and invoices.', max_length=200, validators=[mfa.models.plain_text.check_unlinked], verbose_name='What the portal is')),
                ('texts_a_day', models.PositiveIntegerField(blank=True, help_text='Limits the cost of abuse. 1 to 50,000. Default: 500. Verified numbers have ten times this limit, counted separately. Administrators get an email at 50%.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(50000)], verbose_name='Daily text limit for new numbers')),
                ('health', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mfa.channelhealth')),
                ('pilot_group', models.ForeignKey(blank=True, help_text='Only members of this group use MFA. Leave empty for everyone.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='auth.group', verbose_name='Pilot group')),
                ('sms', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mfa.smsaccount')),
            ],
            options={
                'verbose_name': 'Account Policy',
                'verbose_name_plural': 'Account Policy',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AccountPolicy',
            fields=[
            ],
            options={
                'verbose_name': 'Account Policy',
                'verbose_name_plural': 'Account Policy',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('mfa.sitepolicy',),
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('event', models.CharField(max_length=40, verbose_name='event')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
                ('browser', models.CharField(blank=True, max_length=200, verbose_name='browser')),
                ('details', models.JSONField(default=dict, verbose_name='details')),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='done by')),
                ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_events', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'audit event',
                'verbose_name_plural': 'audit',
                'indexes': [models.Index(fields=['user', '-at'], name='audit_user_at'), models.Index(condition=models.Q(('actor', None), _negated=True), fields=['actor', '-at'], name='audit_actor_at'), models.Index(fields=['event', 'id'], name='audit_event')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.CharField(max_length=40, verbose_name='message')),
                ('context', models.JSONField(default=dict)),
                ('channel', models.CharField(choices=[(mfa.rules.methods.ChannelName['SMS'], mfa.rules.methods.ChannelName['SMS']), (mfa.rules.methods.ChannelName['EMAIL'], mfa.rules.methods.ChannelName['EMAIL'])], max_length=8, verbose_name='channel')),
                ('target', models.CharField(max_length=254)),
                ('state', models.CharField(choices=[('queued', 'waiting to be sent'), ('sending', 'being sent'), ('accepted', 'accepted by the provider'), ('sent', 'sent'), ('delivered', 'delivered'), ('failed', 'failed'), ('maybe', 'unknown, may have been sent'), ('dropped', 'canceled, no longer needed')], default='queued', max_length=10, verbose_name='state')),
                ('attempt', models.PositiveSmallIntegerField(default=1, verbose_name='attempt')),
                ('reason', models.CharField(blank=True, choices=[('unknown_number', 'this number does not exist'), ('cannot_get_texts', 'this number cannot receive texts'), ('unreachable', 'the phone is off or has no signal'), ('blocked', 'the phone company blocked the message'), ('filtered', 'the phone company blocked the message'), ('opted_out', 'this phone blocked our texts; text us START to unblock them'), ('country', 'we cannot send texts to this country'), ('trial', 'the trial account only sends to numbers verified at the provider'), ('busy', 'the service is busy; try again in a few minutes'), ('capped', 'the service is busy; try again in a few minutes'), ('account', 'texts are not available right now'), ('credentials', 'texts are not available right now'), ('sender', 'texts are not available right now'), ('unregistered', 'texts are not available right now'), ('held', 'we cannot text this number right now'), ('proxy', 'the text service could not be reached'), ('network', 'the service did not respond'), ('held_back', 'texts are not available right now'), ('our_fault', 'something went wrong on our side'), ('internal', 'an error in the portal stopped the message'), ('refused', 'the provider refused the message'), ('unknown', 'no reason given')], max_length=20, verbose_name='reason')),
                ('code', models.CharField(blank=True, max_length=12, verbose_name="provider's error number")),
                ('provider_id', models.CharField(blank=True, max_length=64, verbose_name="provider's id")),
                ('receipt_id', models.UUIDField(editable=False, null=True, unique=True)),
                ('created_at', models.DateTimeField(verbose_name='requested')),
                ('claimed_at', models.DateTimeField(null=True, verbose_name='taken by a worker')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('confirmed_at', models.DateTimeField(editable=False, null=True)),
                ('challenge', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='mfa.challenge', verbose_name='challenge')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'indexes': [models.Index(condition=models.Q(('state__in', ['queued', 'sending'])), fields=['created_at'], name='delivery_unfinished'), models.Index(condition=models.Q(('state', 'sending')), fields=['claimed_at'], name='delivery_sending'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='delivery_finished'), models.Index(fields=['state', 'id'], name='delivery_state'), models.Index(fields=['message', 'id'], name='delivery_message'), models.Index(fields=['channel', 'id'], name='delivery_channel'), models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['provider_id'], name='delivery_provider_id')],
            },
        ),
        migrations.AddIndex(
            model_name='factor',
            index=models.Index(fields=['user', 'status'], name='factor_of_user'),
        ),
        migrations.AddIndex(
            model_name='factor',
            index=models.Index(condition=models.Q(('status', 'revoked'), _negated=True), fields=['target'], name='factor_of_target'),
        ),
        migrations.AddIndex(
            model_name='factor',
            index=models.Index(condition=models.Q(models.Q(('status', 'revoked'), _negated=True), models.Q(('target', ''), _negated=True)), fields=['last_four'], name='factor_last_four'),
        ),
        migrations.AddIndex(
            model_name='factor',
            index=models.Index(condition=models.Q(('status', 'revoked')), fields=['status_at'], name='factor_revoked'),
        ),
        migrations.AddIndex(
            model_name='factor',
            index=models.Index(condition=models.Q(('status', 'revoked'), models.Q(('secret', ''), _negated=True)), fields=['id'], name='factor_former_secret'),
        ),
        migrations.AddConstraint(
            model_name='factor',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'assigned', 'active', 'suspended', 'disabled', 'revoked'])), name='factor_status_is_known'),
        ),
        migrations.AddIndex(
            model_name='challenge',
            index=models.Index(fields=['browser'], name='challenge_browser'),
        ),
        migrations.AddIndex(
            model_name='challenge',
            index=models.Index(fields=['expires_at'], name='challenge_expires'),
        ),
        migrations.AddIndex(
            model_name='challenge',
            index=models.Index(fields=['created_at'], name='challenge_created'),
        ),
        migrations.AddIndex(
            model_name='challenge',
            index=models.Index(fields=['purpose', 'created_at'], name='challenge_purpose'),
        ),
        migrations.AddIndex(
            model_name='challenge',
            index=models.Index(condition=models.Q(('new_in', ''), _negated=True), fields=['new_in', '-created_at'], name='challenge_new_in_country'),
        ),
        migrations.AddIndex(
            model_name='challenge',
            index=models.Index(condition=models.Q(('network', ''), _negated=True), fields=['network', '-created_at'], name='challenge_new_in_network'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at', None)), fields=['worked_at'], name='job_unfinished'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['finished_at'], name='job_finished'),
        ),
        migrations.AddIndex(
            model_name='pause',
            index=models.Index(fields=['user', 'until'], name='pause_user_until'),
        ),
        migrations.AddIndex(
            model_name='pause',
            index=models.Index(fields=['until'], name='pause_until'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user',), name='pause_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='recoverycode',
            constraint=models.UniqueConstraint(fields=('factor', 'digest'), name='recovery_code_digest'),
        ),
        migrations.AddIndex(
            model_name='sendblock',
            index=models.Index(fields=['until'], name='send_block_until'),
        ),
    ]
