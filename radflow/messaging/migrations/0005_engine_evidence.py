from django.db import migrations

# Who changed or said what stays as it was; what was governed by an approved contract
# can be looked up for ever.
SQL = """
CREATE TRIGGER messaging_peer_revision_append_only
    BEFORE UPDATE OR DELETE ON messaging_peer_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_note_append_only
    BEFORE UPDATE OR DELETE ON messaging_note
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_alarm_kept BEFORE DELETE ON messaging_alarm
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_z_contract_kept BEFORE DELETE ON messaging_z_contract
    FOR EACH ROW WHEN (OLD.status IN ('approved', 'retired'))
    EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER messaging_peer_revision_append_only ON messaging_peer_revision;
DROP TRIGGER messaging_note_append_only ON messaging_note;
DROP TRIGGER messaging_alarm_kept ON messaging_alarm;
DROP TRIGGER messaging_z_contract_kept ON messaging_z_contract;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_engine")]
    operations = [migrations.RunSQL(SQL, BACK)]
