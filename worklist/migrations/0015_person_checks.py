import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# What was answered, and who signed, never changes.
SQL = """
CREATE TRIGGER worklist_person_check_append_only BEFORE UPDATE OR DELETE
    ON worklist_person_check FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER worklist_gate_override_append_only BEFORE UPDATE OR DELETE
    ON worklist_gate_override FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER worklist_person_check_append_only ON worklist_person_check;
DROP TRIGGER worklist_gate_override_append_only ON worklist_gate_override;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('worklist', '0014_images'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PersonCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('name_said', models.BooleanField()),
                ('birth_date_said', models.CharField(blank=True, max_length=40)),
                ('birth_date_expected', models.CharField(blank=True, max_length=26)),
                ('birth_date_matches', models.BooleanField()),
                ('cannot_say', models.CharField(blank=True, choices=[('staff', 'Wristband checked with a second member of staff'), ('relative', 'Said by a relative or carer'), ('ward', 'Said by ward staff who know the patient')], max_length=10)),
                ('witness', models.CharField(blank=True, max_length=80)),
                ('side', models.CharField(blank=True, max_length=10)),
                ('passed', models.BooleanField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('verification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='worklist.verification')),
            ],
            options={
                'db_table': 'worklist_person_check',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='GateOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('reason', models.CharField(choices=[('damaged', 'Damaged or illegible'), ('missing', 'Missing'), ('device', 'The scanner does not read it')], max_length=10)),
                ('comment', models.CharField(max_length=300)),
                ('signer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('verification', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='override', to='worklist.verification')),
            ],
            options={
                'db_table': 'worklist_gate_override',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('user', models.F('signer')), _negated=True), name='override_two_people')],
            },
        ),
        migrations.RunSQL(SQL, BACK),
    ]
