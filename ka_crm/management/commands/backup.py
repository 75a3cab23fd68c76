"""manage.py backup [FILE]: database and files in one archive, while the program runs."""

from django.core.management.base import BaseCommand, CommandError

from ka_crm.backups.archive import BackupProblem
from ka_crm.backups.services import make_backup


class Command(BaseCommand):
    help = "Write database and files into one archive while the program runs; exit 1 and no archive if that fails."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", help="where to; backups/ka-crm-<time>.tar under KA_DATA_DIR by default")

    def handle(self, *args, file=None, **options):
        try:
            path, size, manifest = make_backup(file)
        except (BackupProblem, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        files = sum(name.startswith("files/") for name in manifest["members"])
        self.stdout.write(f"{path}: {size:,} bytes, {len(manifest['tables'])} tables with {rows:,} rows, {files:,} files.")
        for name in manifest["missing_files"]:
            self.stderr.write(f"lost before this backup: {name}")
