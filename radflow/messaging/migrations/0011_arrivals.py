from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0010_appointments")]

    operations = [
        migrations.AddField(
            model_name="peer",
            name="marks_arrivals",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "A registration or arrival checks in today's exams of the visit."
                ),
            ),
        ),
    ]
