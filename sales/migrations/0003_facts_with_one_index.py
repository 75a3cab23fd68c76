"""One index on the facts, the key with the date first: each further one made a load slower, and a batch's rows lie in its period."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("sales", "0002_statements_of_files"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="sellout",
            name="sellout_account_day",
        ),
        migrations.AlterField(
            model_name="sellout",
            name="batch",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="sales.importbatch"),
        ),
        migrations.AlterField(
            model_name="sellouthistory",
            name="batch",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="sales.importbatch"),
        ),
    ]
