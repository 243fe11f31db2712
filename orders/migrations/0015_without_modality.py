"""The navigation counts codes that wait for a meaning on each page: few of a million."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0009_identity"), ("orders", "0014_scheduled_rows")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("modality", "")),
                fields=["peer", "procedure_code", "procedure_system"],
                name="order_without_modality",
            ),
        ),
    ]
