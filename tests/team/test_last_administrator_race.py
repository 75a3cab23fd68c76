"""Two administrators who take each other's access away in the same moment: one stays."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from ka_crm.errors import DomainError
from team import services
from team.models import User
from tests.factories import UserFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


def test_of_two_at_once_one_stays():
    outcomes = []
    for _round in range(ROUNDS):
        ada, bob = UserFactory(administrator=True), UserFactory(administrator=True)
        User.objects.exclude(pk__in=(ada.pk, bob.pk)).update(is_active=False)
        start = Barrier(2)

        def remove(other, actor, start=start):
            try:
                start.wait()
                services.deactivate_person(person_id=other.pk, actor=actor)
                outcomes.append("done")
            except DomainError:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [Thread(target=remove, args=pair) for pair in ((bob, ada), (ada, bob))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert User.objects.administrators().count() == 1
    assert (outcomes.count("done"), outcomes.count("refused")) == (ROUNDS, ROUNDS)
