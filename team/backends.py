"""Who a session belongs to: asked by each request, so the question is compiled once."""

from allauth.account.auth_backends import AuthenticationBackend

from ka_crm.prepared import Prepared

from .models import User

_person = Prepared(lambda pk: User.objects.filter(pk=pk).order_by(), int)


class PersonBackend(AuthenticationBackend):
    def get_user(self, user_id):
        found = _person(user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None
