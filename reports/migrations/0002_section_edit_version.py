from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = [
        migrations.AddField(model_name="reportsection", name="edit_version", field=models.PositiveIntegerField(default=1)),
    ]
