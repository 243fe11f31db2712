from django.db import migrations

SQL = """
CREATE SEQUENCE orders_accession_seq;
CREATE TRIGGER orders_event_append_only BEFORE UPDATE OR DELETE ON orders_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER orders_event_append_only ON orders_event;
DROP SEQUENCE orders_accession_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(SQL, BACK)]
