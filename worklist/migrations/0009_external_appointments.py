import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0010_appointments'),
        ('orders', '0015_without_modality'),
        ('worklist', '0008_room_site'),
    ]

    operations = [
        migrations.CreateModel(
            name='AppointmentNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('booked', models.BooleanField()),
                ('slot', models.CharField(max_length=64)),
                ('details', models.CharField(max_length=64)),
                ('told_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.peer')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='worklist.scheduledstep')),
            ],
            options={
                'db_table': 'worklist_appointment_notice',
                'constraints': [models.UniqueConstraint(fields=('step', 'peer'), name='noticed_once')],
            },
        ),
        migrations.CreateModel(
            name='ExternalAppointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('placer_id', models.CharField(blank=True, help_text='SCH-1.1', max_length=199)),
                ('placer_namespace', models.CharField(blank=True, max_length=227)),
                ('filler_id', models.CharField(blank=True, help_text='SCH-2.1', max_length=199)),
                ('filler_namespace', models.CharField(blank=True, max_length=227)),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('booked', 'Booked'), ('arrived', 'Arrived'), ('started', 'Started'), ('fulfilled', 'Complete'), ('cancelled', 'Cancelled'), ('no_show', 'No show'), ('in_error', 'Entered in error')], max_length=10)),
                ('placed', models.BooleanField(default=False)),
                ('start', models.DateTimeField(null=True)),
                ('minutes', models.PositiveSmallIntegerField(null=True)),
                ('order_numbers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=199), default=list, help_text='What may name its order: SCH-26, SCH-27, and SCH-1.', size=None)),
                ('patient_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=500), default=list, help_text='PID-3 as value and authority, with a bar between.', size=None)),
                ('said', models.JSONField(default=dict, help_text='Person, services and resources as told last.')),
                ('event_time', models.DateTimeField(help_text='MSH-7 of the last change.', null=True)),
                ('double_booked', models.BooleanField(default=False)),
                ('attention', models.CharField(blank=True, help_text='Why a person must look at it.', max_length=300)),
                ('set_aside_at', models.DateTimeField(help_text='A person says that no order belongs to it.', null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('inbound', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.inboundmessage')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='external_appointments', to='orders.order')),
                ('patient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='external_appointments', to='orders.patient')),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='messaging.peer')),
                ('room', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='worklist.room')),
                ('station', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='worklist.station')),
            ],
            options={
                'db_table': 'worklist_external_appointment',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['peer', 'placer_id'], name='external_placer'), models.Index(condition=models.Q(('order', None)), fields=['start'], name='external_waiting'), django.contrib.postgres.indexes.GinIndex(fields=['order_numbers'], name='external_numbers'), django.contrib.postgres.indexes.GinIndex(fields=['patient_keys'], name='external_people')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'booked', 'arrived', 'started', 'fulfilled', 'cancelled', 'no_show', 'in_error'])), name='external_state_known'), models.CheckConstraint(condition=models.Q(('filler_id', ''), ('placer_id', ''), _negated=True), name='external_has_id'), models.UniqueConstraint(condition=models.Q(('filler_id', ''), _negated=True), fields=('peer', 'filler_id', 'filler_namespace'), name='external_once_by_filler'), models.UniqueConstraint(condition=models.Q(('placed', True)), fields=('order',), name='external_placed_once')],
            },
        ),
    ]
