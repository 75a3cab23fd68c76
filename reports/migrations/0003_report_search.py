from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_section_edit_version")]

    operations = [
        migrations.AddField(model_name="report", name="search", field=models.TextField(default="", editable=False)),
    ]
