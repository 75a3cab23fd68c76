"""The jobs of ``team``, each with what it needs; tests/ka_crm/jobs/test_every_kind.py runs them twice."""

from tests.factories.team import UserFactory

CASES = {
    "team.send_invitation": lambda: {"person_id": UserFactory(ka_manager=True).pk},
    "team.send_digest": lambda: {"user_id": UserFactory(ka_manager=True).pk},
    "team.send_password_link": lambda: {"email": UserFactory(ka_manager=True).email},
}
