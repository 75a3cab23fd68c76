"""``manage.py create_person EMAIL``: let somebody in from the command line, such as the first administrator."""

import secrets

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from team.models import Team
from team.roles import Role
from team.services import create_person


class Command(BaseCommand):
    help = "Create a person and print the initial password, once. It is to be changed after the first sign-in (My profile)."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)
        parser.add_argument("--team", default="", help="name of an existing team")
        parser.add_argument("--language", default="en", choices=["en", "zh-hans"])

    def handle(self, *, email, name, role, team, language, **options):
        belongs_to = Team.objects.filter(name=team).first() if team else None
        if team and belongs_to is None:
            raise CommandError(f"There is no team “{team}”: create it on the page Teams, or leave --team out.")
        password = secrets.token_urlsafe(12)
        try:
            person = create_person(email=email, name=name, role=role, team=belongs_to, language=language, password=password, actor=None)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{person.email}  {password}")
