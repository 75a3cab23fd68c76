"""What waits, what failed, and how to run it again, from the command line."""

import json
import uuid

from django.core.management.base import BaseCommand, CommandError

from ka_crm.errors import DomainError
from ka_crm.jobs.figures import queue_figures
from ka_crm.jobs.models import Job
from ka_crm.jobs.services import cancel_job, retry_job
from ka_crm.jobs.states import JobState


class Command(BaseCommand):
    help = "Show the queue; --retry runs failed jobs again, --cancel cancels one. Exit 0 done, 1 refused, 2 wrong usage."

    def add_arguments(self, parser):
        steer = parser.add_mutually_exclusive_group()
        steer.add_argument("--retry", metavar="UUID|failed", help="run this job again, or all that failed")
        steer.add_argument("--cancel", metavar="UUID", help="cancel this job, or ask it to stop where it runs")
        parser.add_argument("--json", action="store_true", help="exactly one JSON object on stdout")

    def handle(self, *args, retry=None, cancel=None, **options):
        steered = []
        try:
            if retry == "failed":
                steered = [retry_job(job_id=job.pk, actor=None) for job in list(Job.objects.filter(state=JobState.FAILED))]
            elif retry:
                steered = [retry_job(job_id=self._job(retry).pk, actor=None)]
            elif cancel:
                steered = [cancel_job(job_id=self._job(cancel).pk, actor=None)]
        except DomainError as error:
            raise CommandError(str(error), returncode=1) from None
        figures = queue_figures() | {"steered": [{"uuid": str(job.uuid), "state": job.state} for job in steered]}
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            self._tell(figures)

    def _job(self, text):
        try:
            return Job.objects.get(uuid=uuid.UUID(text))
        except ValueError:
            raise CommandError(f"“{text}” is not the number of a job; it looks like {uuid.UUID(int=0)}.", returncode=2) from None
        except Job.DoesNotExist:
            raise CommandError(f"There is no job {text}.", returncode=1) from None

    def _tell(self, figures):
        for job in figures["steered"]:
            self.stdout.write(f"{job['uuid']} is {job['state']}")
        self.stdout.write("  ".join(f"{state}: {count}" for state, count in figures["counts"].items()))
        self.stdout.write(f"oldest job that could start has waited {figures['oldest_due_seconds']:g} s")
        for job in figures["dead_letters"]:
            self.stdout.write(f"failed  {job['uuid']}  {job['kind']}  {job['subject']}  after {job['attempts']}: {job['last_error']}")
