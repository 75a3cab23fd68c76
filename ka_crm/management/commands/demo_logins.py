"""``manage.py demo_logins``: one login per role of the demo company."""

from django.core.management.base import BaseCommand, CommandError

from ka_crm.demo import demo_people


class Command(BaseCommand):
    help = "Print one login per role of the demo company."

    def handle(self, **options):
        people = demo_people()
        if not people:
            raise CommandError("There is no demo company in this database: manage.py load_demo makes one.")
        width = max(len(person["email"]) for person in people.values())
        for role, person in people.items():
            self.stdout.write(f"{role:<14} {person['email']:<{width}}  {person['password']}")
