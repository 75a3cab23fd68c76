"""manage.py settings_import FILE [--dry-run]: bring all settings to what a file says, or nothing."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from ka_crm import settings_file
from ka_crm.errors import DomainError

COUNTED = (settings_file.NEW, settings_file.CHANGED, settings_file.SAME, settings_file.WRONG)


class Command(BaseCommand):
    help = "Apply a file of settings as a whole; exit 1, with nothing changed, if one item of it cannot be."

    def add_arguments(self, parser):
        parser.add_argument("file", help="a file that settings_export or the page “Settings” wrote")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args, file, dry_run, **options):
        try:
            document = settings_file.read(Path(file).read_bytes())
            differences = (settings_file.compare if dry_run else settings_file.apply)(document, actor=None)
        except settings_file.FileRefused as error:
            self.tell(error.differences)
            raise CommandError(str(error)) from error
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        self.tell(differences)
        if any(one.state == settings_file.WRONG for one in differences):
            raise CommandError("The file cannot be applied.")

    def tell(self, differences):
        for one in differences:
            if one.state == settings_file.WRONG:
                self.stderr.write(f"wrong: {one.problem}")
            for path, now, then in one.lines:
                self.stdout.write(f"{one.state}: {one.part.name}.{one.key}{'.' if path else ''}{path}: {now or '–'} → {then or '–'}")
        counts = {state: sum(one.state == state for one in differences) for state in COUNTED}
        self.stdout.write(", ".join(f"{number} {state}" for state, number in counts.items()))
