"""People, teams and deputies."""

from datetime import date

import factory

from team.models import Delegation, Team, User
from team.roles import Role

PASSWORD = "a long enough password"


class TeamFactory(factory.django.DjangoModelFactory):
    """A team at the root of the tree; ``parent=`` puts it below another."""

    class Meta:
        model = Team
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Team {number}")

    @factory.post_generation
    def path(team, create, extracted, **kwargs):
        if create and not team.path:
            team.path = f"{team.parent.path if team.parent else '/'}{team.pk}/"
            team.save(update_fields=["path"])


class UserFactory(factory.django.DjangoModelFactory):
    """An active person without a team who may look at things; the traits are the roles, and ``inactive``."""

    class Meta:
        model = User

    class Params:
        ka_manager = factory.Trait(role=Role.KA_MANAGER)
        field_rep = factory.Trait(role=Role.FIELD_REP)
        supervisor = factory.Trait(role=Role.SUPERVISOR)
        finance = factory.Trait(role=Role.FINANCE)
        administrator = factory.Trait(role=Role.ADMINISTRATOR)
        viewer = factory.Trait(role=Role.VIEWER)
        inactive = factory.Trait(is_active=False)

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    name = factory.Sequence(lambda number: f"Person {number}")
    role = Role.VIEWER
    password = factory.django.Password(PASSWORD)


class DelegationFactory(factory.django.DjangoModelFactory):
    """A KA manager is away for the whole of March 2026; another one is the deputy."""

    class Meta:
        model = Delegation

    absent = factory.SubFactory(UserFactory, ka_manager=True)
    deputy = factory.SubFactory(UserFactory, ka_manager=True)
    starts_on = date(2026, 3, 1)
    ends_on = date(2026, 3, 31)
    created_by = factory.SelfAttribute("absent")
