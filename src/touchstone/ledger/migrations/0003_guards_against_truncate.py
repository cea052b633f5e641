"""TRUNCATE passes by triggers on rows, so PostgreSQL gets triggers on the statement; SQLite has no TRUNCATE."""

from django.db import migrations

NEVER_EMPTIED = ["log", "logkey", "logentry", "tile", "checkpoint", "signature", "opening", "pendingentry"]
FUNCTION = """
CREATE FUNCTION ledger_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
GUARD = """
CREATE TRIGGER ledger_{table}_no_truncate BEFORE TRUNCATE ON ledger_{table}
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_truncate()
"""


def raise_guards(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        return
    schema_editor.execute(FUNCTION, params=None)
    for table in NEVER_EMPTIED:
        schema_editor.execute(GUARD.format(table=table), params=None)


def lower_guards(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        return
    for table in NEVER_EMPTIED:
        schema_editor.execute(f"DROP TRIGGER ledger_{table}_no_truncate ON ledger_{table}", params=None)
    schema_editor.execute("DROP FUNCTION ledger_refuse_truncate()", params=None)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [migrations.RunPython(raise_guards, lower_guards)]
