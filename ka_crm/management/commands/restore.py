"""manage.py restore FILE [--replace | --check]: put a backup back, after everything in it was checked."""

from django.core.management.base import BaseCommand, CommandError

from ka_crm.backups.archive import BackupProblem
from ka_crm.backups.services import check_archive, restore_backup


class Command(BaseCommand):
    help = "Put a backup back into an empty place. Stop web and worker before. Exit 1, with nothing touched, if that cannot be."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", help="an archive that bin/backup wrote")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--replace", action="store_true", help="also where somebody works already: what is there is gone for good")
        what.add_argument("--check", action="store_true", help="only check every byte of the archive")

    def handle(self, *args, file, replace, check, **options):
        try:
            if check:
                manifest, warnings = check_archive(file), []
            else:
                manifest, warnings = restore_backup(file, replace=replace)
        except (BackupProblem, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        files = sum(name.startswith("files/") for name in manifest["members"])
        done = "is sound" if check else "is back, checksums equal"
        self.stdout.write(f"{file} of {manifest['made_at']} {done}: {len(manifest['tables'])} tables with {rows:,} rows, {files:,} files.")
        for warning in warnings:
            self.stderr.write(warning)
        if not check:
            self.stdout.write("Next: bin/setup (brings the database up to this program), then bin/run.")
