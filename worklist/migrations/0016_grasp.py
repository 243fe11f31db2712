import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('orders', '0001_initial'),
        ('worklist', '0015_person_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grasp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window', models.CharField(help_text='Which of their windows.', max_length=36)),
                ('start', models.DateTimeField(help_text='Where it would begin.', null=True)),
                ('minutes', models.PositiveSmallIntegerField(default=0)),
                ('until', models.DateTimeField(db_index=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orders.order')),
                ('room', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='worklist.room')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'worklist_grasp',
                'constraints': [models.UniqueConstraint(fields=('window',), name='window_grasps_once')],
            },
        ),
    ]
