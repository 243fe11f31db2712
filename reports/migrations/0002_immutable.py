from django.db import migrations

SQL = """
CREATE SEQUENCE reports_case_seq;
CREATE TRIGGER reports_version_immutable BEFORE UPDATE OR DELETE ON reports_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reports_case_event_append_only BEFORE UPDATE OR DELETE ON reports_case_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reports_case_kept BEFORE DELETE ON reports_case
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER reports_version_immutable ON reports_version;
DROP TRIGGER reports_case_event_append_only ON reports_case_event;
DROP TRIGGER reports_case_kept ON reports_case;
DROP SEQUENCE reports_case_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(SQL, BACK)]
