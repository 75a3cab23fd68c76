from django.apps import AppConfig


class LabConfig(AppConfig):
    name = "tests.ka_crm.jobs.lab"
    label = "lab"
    default_auto_field = "django.db.models.BigAutoField"
