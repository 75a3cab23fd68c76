import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0004_deadlines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120)),
                ('label', models.CharField(max_length=250)),
                ('until_on', models.DateField(verbose_name='until')),
                ('set_aside_at', models.DateTimeField(auto_now=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='set_aside', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'finding set aside',
                'verbose_name_plural': 'findings set aside',
                'ordering': ['until_on', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('person', 'key'), name='set_aside_once')],
            },
        ),
    ]
