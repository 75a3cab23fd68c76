"""The demo company's people: fixed addresses and one known password, so that scripts and tests from outside can sign in.

``load_demo`` makes the people, ``demo_logins`` and ``url_map`` list one per role. The domain can receive no mail (RFC 6761).
"""

from django.contrib.auth import get_user_model

DOMAIN = "demo.example"
PASSWORD = "Spring-Display-2026"  # noqa: S105 – printed on purpose; it opens nothing but the demo company


def email_of(local_part):
    return f"{local_part}@{DOMAIN}"


def demo_people():
    """One demo person per role, the first made of each: ``{role: {"email", "name", "password"}}``, in the order of the roles."""
    people = {}
    demo = get_user_model().objects.filter(email__endswith=f"@{DOMAIN}", is_active=True).order_by("pk")
    for role, _label in get_user_model()._meta.get_field("role").flatchoices:
        if person := demo.filter(role=role).first():
            people[str(role)] = {"email": person.email, "name": person.name, "password": PASSWORD}
    return people
