from django.conf import settings
from django.db import migrations


def make_first(apps, schema_editor):
    """The department that was there before there were sites."""
    apps.get_model("sites", "Site").objects.create(
        code="MAIN", name=settings.SITE_NAME[:60], time_zone=settings.TIME_ZONE
    )


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(make_first, migrations.RunPython.noop),
    ]
