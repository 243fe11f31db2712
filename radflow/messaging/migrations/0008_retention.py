from django.db import migrations

# The bytes stay evidence: they may only go as a whole, with the date of it, where
# the message ended well and nobody holds it. No row is deleted.
SQL = """
CREATE FUNCTION messaging_keeps(old_state text, new_state text, old_held boolean, new_held boolean,
    old_pruned timestamptz, new_pruned timestamptz, new_raw bytea) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT (old_state IN ('applied', 'duplicate', 'acknowledged') AND new_state = old_state
        AND NOT old_held AND NOT new_held AND old_pruned IS NULL AND new_pruned IS NOT NULL
        AND new_raw = ''::bytea)
$$;
DROP TRIGGER messaging_inbound_raw ON messaging_inbound;
CREATE TRIGGER messaging_inbound_raw BEFORE UPDATE OF raw, received_at, pruned_at ON messaging_inbound
    FOR EACH ROW WHEN (OLD.received_at IS DISTINCT FROM NEW.received_at
        OR (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.pruned_at IS DISTINCT FROM NEW.pruned_at)
        AND messaging_keeps(OLD.state, NEW.state, OLD.legal_hold, NEW.legal_hold, OLD.pruned_at, NEW.pruned_at, NEW.raw))
    EXECUTE FUNCTION refuse_change();
DROP TRIGGER messaging_outbound_raw ON messaging_outbound;
CREATE TRIGGER messaging_outbound_raw BEFORE UPDATE OF raw, control_id, pruned_at ON messaging_outbound
    FOR EACH ROW WHEN (OLD.control_id IS DISTINCT FROM NEW.control_id
        OR (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.pruned_at IS DISTINCT FROM NEW.pruned_at)
        AND messaging_keeps(OLD.state, NEW.state, OLD.legal_hold, NEW.legal_hold, OLD.pruned_at, NEW.pruned_at, NEW.raw))
    EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER messaging_inbound_raw ON messaging_inbound;
CREATE TRIGGER messaging_inbound_raw BEFORE UPDATE OF raw, received_at ON messaging_inbound
    FOR EACH ROW WHEN (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.received_at IS DISTINCT FROM NEW.received_at)
    EXECUTE FUNCTION refuse_change();
DROP TRIGGER messaging_outbound_raw ON messaging_outbound;
CREATE TRIGGER messaging_outbound_raw BEFORE UPDATE OF raw, control_id ON messaging_outbound
    FOR EACH ROW WHEN (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.control_id IS DISTINCT FROM NEW.control_id)
    EXECUTE FUNCTION refuse_change();
DROP FUNCTION messaging_keeps;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0006_details")]
    operations = [migrations.RunSQL(SQL, BACK)]
