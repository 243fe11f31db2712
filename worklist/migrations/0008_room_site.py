import django.db.models.deletion
from django.db import migrations, models


def place_rooms(apps, schema_editor):
    """Every room was at the one site that there was."""
    first = apps.get_model("sites", "Site").objects.order_by("position", "pk").first()
    apps.get_model("worklist", "Room").objects.filter(site=None).update(site=first)


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0002_first_site'),
        ('worklist', '0007_steps_by_day'),
    ]

    operations = [
        migrations.AddField(
            model_name='room',
            name='site',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='sites.site'),
        ),
        migrations.RunPython(place_rooms, migrations.RunPython.noop),
        # Its check of the new column waits for the commit; the column cannot.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='room',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='sites.site'),
        ),
    ]
