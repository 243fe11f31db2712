from django.db import migrations

# A verification may be used once; nothing else of it ever changes.
SQL = """
CREATE TRIGGER worklist_verification_kept BEFORE DELETE ON worklist_verification
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER worklist_verification_fixed BEFORE UPDATE ON worklist_verification
    FOR EACH ROW WHEN ((OLD.used_at IS NOT NULL) OR
        (to_jsonb(OLD) - 'used_at') IS DISTINCT FROM (to_jsonb(NEW) - 'used_at'))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER worklist_exchange_append_only BEFORE UPDATE OR DELETE ON worklist_exchange
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER worklist_verification_kept ON worklist_verification;
DROP TRIGGER worklist_verification_fixed ON worklist_verification;
DROP TRIGGER worklist_exchange_append_only ON worklist_exchange;
"""


class Migration(migrations.Migration):
    dependencies = [("worklist", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(SQL, BACK)]
