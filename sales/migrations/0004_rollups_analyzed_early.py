from django.db import migrations

TABLES = ("sales_storeproductmonth", "sales_accountproductmonth", "sales_accountproductweek", "sales_categorytotal")


def analyze_early(apps, schema_editor):
    """A new month is a few hundredths of a rollup's rows, so PostgreSQL's autovacuum would not look at it for a month or two.

    Until then the planner expects one row of it, joins stores and market totals row by row, and a statement of seconds takes minutes.
    """
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} SET (autovacuum_analyze_scale_factor = 0.002, autovacuum_analyze_threshold = 1000)")


def as_the_server_says(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} RESET (autovacuum_analyze_scale_factor, autovacuum_analyze_threshold)")


class Migration(migrations.Migration):
    dependencies = [("sales", "0003_facts_with_one_index")]

    operations = [migrations.RunPython(analyze_early, as_the_server_says)]
