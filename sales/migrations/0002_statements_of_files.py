"""Statements of files instead of replaced rows: a batch can be taken out of the middle. Staging becomes a temporary table."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_initial"),
        ("sales", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=60)),
                ("object_id", models.BigIntegerField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "imported change",
            },
        ),
        migrations.RemoveField(
            model_name="categorytotalhistory",
            name="replaced_by",
        ),
        migrations.RemoveField(
            model_name="sellouthistory",
            name="replaced_by",
        ),
        migrations.AddField(
            model_name="importbatch",
            name="preview",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="repeats",
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="repetitions", to="sales.importbatch"),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="sequence",
            field=models.BigIntegerField(editable=False, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="sellouthistory",
            name="coupon_minor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="categorytotalhistory",
            index=models.Index(fields=["month", "store", "category"], name="category_history_key"),
        ),
        migrations.AddField(
            model_name="importchange",
            name="batch",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="sales.importbatch"),
        ),
        migrations.DeleteModel(
            name="CategoryTotalStaging",
        ),
        migrations.DeleteModel(
            name="SellOutStaging",
        ),
        migrations.AddIndex(
            model_name="importchange",
            index=models.Index(fields=["object_type", "object_id"], name="import_change_object"),
        ),
    ]
