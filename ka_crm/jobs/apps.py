from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "ka_crm.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self):
        from .. import navigation, statuses
        from . import checks  # noqa: F401 – registers the start-up checks, which need the settings

        statuses.register("jobs.job", due="neutral")
        navigation.register("admin", _("Jobs"), "jobs:job_list", icon="clock", capability="jobs.manage", order=80)
