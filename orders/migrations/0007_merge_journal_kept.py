from django.db import migrations

# A merge may be taken back once; nothing else of its journal ever changes.
SQL = """
CREATE TRIGGER orders_merge_kept BEFORE DELETE ON orders_merge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_merge_fixed BEFORE UPDATE ON orders_merge
    FOR EACH ROW WHEN ((OLD.undone_at IS NOT NULL) OR
        (to_jsonb(OLD) - 'undone_at' - 'undone_by_id' - 'undo_reason') IS DISTINCT FROM
        (to_jsonb(NEW) - 'undone_at' - 'undone_by_id' - 'undo_reason'))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_held_change_kept BEFORE DELETE ON orders_held_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER orders_merge_kept ON orders_merge;
DROP TRIGGER orders_merge_fixed ON orders_merge;
DROP TRIGGER orders_held_change_kept ON orders_held_change;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_states"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(SQL, BACK)]
