from django.apps import AppConfig


class KaCrmConfig(AppConfig):
    name = "ka_crm"
    verbose_name = "KA CRM"
