"""What has no time is not looked for by it: such entries made the board's query slow."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_procedure_version")]

    operations = [
        migrations.RemoveIndex(model_name="order", name="order_scheduled"),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("scheduled_start__isnull", False)),
                fields=["scheduled_start"],
                name="order_scheduled",
            ),
        ),
    ]
