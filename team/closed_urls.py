"""Pages of the sign-in package that this house does not offer: they answer as if they were not there.

Addresses and teams belong to administrators (people pages); a password is chosen by a mailed link.
"""

from django.http import Http404
from django.urls import path

from ka_crm import policy


def not_offered(request):
    raise Http404


urlpatterns = [
    path("signup/", policy.public(not_offered), name="account_signup"),
    path("email/", policy.signed_in(not_offered), name="account_email"),
    path("password/set/", policy.signed_in(not_offered), name="account_set_password"),
]
