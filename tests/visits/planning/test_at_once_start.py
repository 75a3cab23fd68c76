"""Two taps on “Start the day” that arrive together are one start."""

import uuid
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from django.db import connection

from tests.factories import UserFactory
from visits.models import Attendance
from visits.planning import attendance

NOW = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_are_one_start():
    rep, gate, answers = UserFactory(field_rep=True), Barrier(2), []

    def tap():
        try:
            gate.wait(timeout=20)
            answers.append(attendance.start_day(person=rep, client_id=uuid.uuid4(), now=NOW))
        finally:
            connection.close()

    taps = [Thread(target=tap) for _tap in range(2)]
    for one in taps:
        one.start()
    for one in taps:
        one.join(timeout=30)
    assert Attendance.objects.count() == 1
    assert sorted(is_new for _begun, is_new in answers) == [False, True]
