"""Tells the planner that exam and report state go together.

Alone it would multiply the two shares, expect many thousands of unread exams, and read
whole tables for them.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_live_rows")]

    operations = [
        migrations.RunSQL(
            "CREATE STATISTICS orders_order_states (mcv, dependencies)"
            " ON status, report_status FROM orders_order",
            "DROP STATISTICS orders_order_states",
        )
    ]
