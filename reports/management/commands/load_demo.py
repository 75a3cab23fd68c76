"""``manage.py load_demo``: the demo company, deterministic."""

import time
from datetime import date

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import KeyAccount
from ka_crm.demo import DOMAIN
from reports.demo import SIZES, load_company
from reports.demo.company import is_loaded
from team.models import User


class Command(BaseCommand):
    help = "Load a made-up company: people in every role, chains, stores, products, sell-out, visits. The same seed gives the same company."

    def add_arguments(self, parser):
        parser.add_argument("--size", choices=[*SIZES], default="small")
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument(
            "--today", type=date.fromisoformat, default=None, help="the day up to which the company has lived; default: today"
        )
        parser.add_argument("--force", action="store_true", help="load beside the people and accounts that are here already")

    def handle(self, *, size, seed, today, force, **options):
        if is_loaded():
            self.stdout.write("The demo company is already loaded.")
            call_command("demo_logins", stdout=self.stdout)
            return
        self.refuse_mixing(force)
        started = time.monotonic()
        load_company(SIZES[size], seed=seed, today=today or timezone.localdate(), say=self.stdout.write)
        self.stdout.write(f"Loaded in {time.monotonic() - started:.0f} s. One login per role:")
        call_command("demo_logins", stdout=self.stdout)

    def refuse_mixing(self, force):
        """A company's own database is no place for made-up figures."""
        if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
            raise CommandError("An earlier load_demo stopped halfway. Start with an empty database: another KA_DATA_DIR or DATABASE_URL.")
        if not force and (User.objects.exists() or KeyAccount.objects.exists()):
            raise CommandError(
                "This database has people or accounts already. Use an empty one (another KA_DATA_DIR or DATABASE_URL), or --force to mix."
            )
