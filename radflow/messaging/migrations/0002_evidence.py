from django.db import migrations

# The bytes are evidence: they and their arrival never change, no row is deleted.
SQL = """
CREATE SEQUENCE messaging_control_seq;
CREATE TRIGGER messaging_inbound_kept BEFORE DELETE ON messaging_inbound
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_inbound_raw BEFORE UPDATE OF raw, received_at ON messaging_inbound
    FOR EACH ROW WHEN (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.received_at IS DISTINCT FROM NEW.received_at)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_outbound_kept BEFORE DELETE ON messaging_outbound
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_outbound_raw BEFORE UPDATE OF raw, control_id ON messaging_outbound
    FOR EACH ROW WHEN (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.control_id IS DISTINCT FROM NEW.control_id)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messaging_attempt_append_only BEFORE UPDATE OR DELETE ON messaging_attempt
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER messaging_inbound_kept ON messaging_inbound;
DROP TRIGGER messaging_inbound_raw ON messaging_inbound;
DROP TRIGGER messaging_outbound_kept ON messaging_outbound;
DROP TRIGGER messaging_outbound_raw ON messaging_outbound;
DROP TRIGGER messaging_attempt_append_only ON messaging_attempt;
DROP SEQUENCE messaging_control_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(SQL, BACK)]
