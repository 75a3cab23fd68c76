"""manage.py settings_export FILE: all settings as one JSON file; “-” writes to the terminal."""

from pathlib import Path

from django.core.management.base import BaseCommand

from ka_crm import settings_file


class Command(BaseCommand):
    help = "Write all settings, calendars, roles, rules and profiles into one JSON file."

    def add_arguments(self, parser):
        parser.add_argument("file", help="where to; - for the terminal")

    def handle(self, *args, file, **options):
        text = settings_file.as_text(settings_file.export())
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text, encoding="utf-8")
