import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# What was answered, released, recorded and decided never changes.
SQL = """
CREATE TRIGGER orders_safety_answer_append_only BEFORE UPDATE OR DELETE
    ON orders_safety_answer FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_safety_release_append_only BEFORE UPDATE OR DELETE
    ON orders_safety_release FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_exam_record_append_only BEFORE UPDATE OR DELETE
    ON orders_exam_record FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_protocolling_append_only BEFORE UPDATE OR DELETE
    ON orders_protocolling FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER orders_safety_answer_append_only ON orders_safety_answer;
DROP TRIGGER orders_safety_release_append_only ON orders_safety_release;
DROP TRIGGER orders_exam_record_append_only ON orders_exam_record;
DROP TRIGGER orders_protocolling_append_only ON orders_protocolling;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0016_setup_and_sequence'),
        ('sites', '0002_first_site'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='procedure',
            name='contrast',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='procedure',
            name='needs_protocol',
            field=models.BooleanField(default=False, help_text='A radiologist says how, before the exam.'),
        ),
        migrations.CreateModel(
            name='ExamRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('contrast', models.CharField(blank=True, choices=[('yes', 'Given'), ('no', 'None given')], max_length=3)),
                ('contrast_agent', models.CharField(blank=True, max_length=80)),
                ('contrast_volume_ml', models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True)),
                ('contrast_route', models.CharField(blank=True, choices=[('iv', 'Intravenous'), ('oral', 'Oral'), ('rectal', 'Rectal'), ('ia', 'Intra-arterial'), ('joint', 'Into a joint'), ('it', 'Intrathecal'), ('other', 'Other')], max_length=8)),
                ('dlp', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ('ctdi_vol', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ('dose_area_product', models.DecimalField(blank=True, decimal_places=3, max_digits=9, null=True)),
                ('repeats', models.JSONField(blank=True, default=dict)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exam_records', to='orders.order')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'orders_exam_record',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Protocolling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(blank=True, max_length=64)),
                ('text', models.CharField(max_length=200)),
                ('system', models.CharField(blank=True, max_length=20)),
                ('contrast', models.BooleanField(default=False)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('exam', models.CharField(max_length=140)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='protocollings', to='orders.order')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'orders_protocolling',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SafetyQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32)),
                ('text', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('yes_no', 'Yes or no'), ('yes_no_unknown', 'Yes, no or not known'), ('number', 'Number'), ('text', 'Text')], max_length=16)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('known', models.CharField(blank=True, choices=[('pregnancy', 'Pregnancy, as ordered'), ('allergies', 'Allergies on record'), ('alerts', 'Alerts and danger code')], max_length=10)),
                ('modalities', models.CharField(blank=True, max_length=100)),
                ('procedures', models.CharField(blank=True, max_length=500)),
                ('with_contrast', models.BooleanField(default=False)),
                ('sex', models.CharField(blank=True, choices=[('F', 'Female'), ('M', 'Male'), ('O', 'Other'), ('A', 'Ambiguous'), ('N', 'Not applicable'), ('U', 'Not known')], max_length=1)),
                ('age_from', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('age_to', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('stops_on', models.CharField(blank=True, max_length=40)),
                ('stops_below', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ('stops_above', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ('required', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('active', models.BooleanField(default=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(blank=True, null=True)),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.site')),
            ],
            options={
                'db_table': 'orders_safety_question',
                'ordering': ['position', 'code', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SafetyAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32)),
                ('text', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('yes_no', 'Yes or no'), ('yes_no_unknown', 'Yes, no or not known'), ('number', 'Number'), ('text', 'Text')], max_length=16)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('value', models.CharField(max_length=200)),
                ('stops', models.BooleanField()),
                ('patient_number', models.BigIntegerField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safety_answers', to='orders.order')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.safetyquestion')),
            ],
            options={
                'db_table': 'orders_safety_answer',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SafetyRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decided_by', models.CharField(max_length=120)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('reason', models.CharField(choices=[('benefit', 'The benefit outweighs the risk'), ('conditional', 'Device cleared, its conditions are kept'), ('prepared', 'Premedication or preparation given'), ('changed', 'Protocol changed to avoid the risk'), ('clarified', 'Clarified: no risk for this exam')], max_length=12)),
                ('comment', models.CharField(max_length=300)),
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='orders.safetyanswer')),
                ('signer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'orders_safety_release',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProtocolChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('text', models.CharField(max_length=200)),
                ('system', models.CharField(default='99RADFLOW', max_length=20)),
                ('contrast', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='protocols', to='orders.procedure')),
            ],
            options={
                'db_table': 'orders_protocol_choice',
                'ordering': ['position', 'text', 'id'],
                'constraints': [models.UniqueConstraint(fields=('procedure', 'code', 'system'), name='protocol_choice_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='safetyquestion',
            constraint=models.UniqueConstraint(fields=('site', 'code'), name='question_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='safetyrelease',
            constraint=models.CheckConstraint(condition=models.Q(('user', models.F('signer')), _negated=True), name='release_two_people'),
        ),
        migrations.RunSQL(SQL, BACK),
    ]
