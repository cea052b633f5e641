"""Triggers that keep what was logged as it was, on SQLite and PostgreSQL alike."""

from django.db import migrations

KEPT = ["log", "logkey", "logentry", "tile", "checkpoint", "signature"]
SQLITE_REFUSAL = """
CREATE TRIGGER ledger_{table}_no_{verb} BEFORE {verb} ON ledger_{table} BEGIN
    SELECT RAISE(ABORT, 'rows of ledger_{table} are never changed or removed');
END
"""
SQLITE_GAP = """
CREATE TRIGGER ledger_logentry_no_gap BEFORE INSERT ON ledger_logentry
WHEN NEW."index" <> (SELECT COALESCE(MAX("index") + 1, 0) FROM ledger_logentry WHERE log_id = NEW.log_id) BEGIN
    SELECT RAISE(ABORT, 'ledger entries are numbered without gaps');
END
"""
POSTGRES_FUNCTIONS = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION ledger_require_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW."index" <> (SELECT COALESCE(MAX("index") + 1, 0) FROM ledger_logentry WHERE log_id = NEW.log_id) THEN
        RAISE EXCEPTION 'ledger entries are numbered without gaps' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_logentry_no_gap BEFORE INSERT ON ledger_logentry
FOR EACH ROW EXECUTE FUNCTION ledger_require_next();
"""
POSTGRES_REFUSAL = """
CREATE TRIGGER ledger_{table}_no_{verb} BEFORE {verb} ON ledger_{table}
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
"""


def guarded():
    """Every table and verb that is refused; an opening may be deleted (erasure), but never changed."""
    return [(table, verb) for table in KEPT for verb in ("UPDATE", "DELETE")] + [("opening", "UPDATE")]


def raise_guards(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    refusal = SQLITE_REFUSAL if vendor == "sqlite" else POSTGRES_REFUSAL
    schema_editor.execute(SQLITE_GAP if vendor == "sqlite" else POSTGRES_FUNCTIONS, params=None)
    for table, verb in guarded():
        schema_editor.execute(refusal.format(table=table, verb=verb.lower()), params=None)


def lower_guards(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table, verb in [*guarded(), ("logentry", "gap")]:
        on = "" if vendor == "sqlite" else f" ON ledger_{table}"
        schema_editor.execute(f"DROP TRIGGER ledger_{table}_no_{verb.lower()}{on}", params=None)
    if vendor != "sqlite":
        schema_editor.execute("DROP FUNCTION ledger_refuse(); DROP FUNCTION ledger_require_next()", params=None)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(raise_guards, lower_guards)]
