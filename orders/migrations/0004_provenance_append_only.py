from django.db import migrations

SQL = """
CREATE TRIGGER orders_provenance_append_only BEFORE UPDATE OR DELETE
    ON orders_provenance FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = "DROP TRIGGER orders_provenance_append_only ON orders_provenance;"


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_identity")]
    operations = [migrations.RunSQL(SQL, BACK)]
