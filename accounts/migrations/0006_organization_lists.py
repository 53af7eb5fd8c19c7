"""Indexes for the list of organizations: its order, and its search by the start of a name."""

from django.db import migrations, models

CREATE = (
    "CREATE INDEX organization_name_start ON accounts_organization"
    " (upper(name::text) text_pattern_ops)",
    "CREATE INDEX organization_slug_start ON accounts_organization"
    " (upper(slug::text) text_pattern_ops)",
)
DROP = ("DROP INDEX organization_name_start", "DROP INDEX organization_slug_start")


def run(*statements):
    def on_postgresql(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return on_postgresql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_close_accounts")]

    operations = [
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["name", "id"], name="organization_names"),
        ),
        migrations.RunPython(run(*CREATE), run(*DROP)),
    ]
