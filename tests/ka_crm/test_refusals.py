"""Pages of refusal: the same for missing and foreign, with an id to tell, and never a second failure."""

import re

import pytest
from django.http import HttpResponse
from django.template import loader
from django.test import Client, RequestFactory
from django.urls import path, reverse

from ka_crm import views
from ka_crm.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401 – this module is a URLconf in some tests
from tests.factories.accounts import KeyAccountFactory
from tests.factories.team import UserFactory


def fall(request):
    raise RuntimeError("the reason stays in the log")


urlpatterns = [*urlpatterns, path("fall/", fall, name="fall")]


def without_ids(response):
    """The page without what differs from request to request by design."""
    text = re.sub(r"[0-9a-f]{32}", "ID", response.content.decode())
    return re.sub(r"/accounts/\d+/|[A-Za-z0-9]{64}", "", text)


def test_a_missing_row_and_a_foreign_row_look_alike(client, db):
    foreign = KeyAccountFactory()
    client.force_login(UserFactory(role="ka_manager"))

    of_another = client.get(reverse("accounts:account_detail", args=[foreign.pk]))
    of_nobody = client.get(reverse("accounts:account_detail", args=[foreign.pk + 1_000_000]))

    assert (of_another.status_code, of_nobody.status_code) == (404, 404)
    assert without_ids(of_another) == without_ids(of_nobody)


def test_a_page_that_nobody_has_is_404_with_the_id_of_the_request(client, db):
    response = client.get("/no/such/page/<b>here</b>")

    assert response.status_code == 404
    assert "<b>here" not in response.content.decode()


def test_a_missing_capability_is_403(client, db):
    client.force_login(UserFactory(role="viewer"))

    assert client.get(reverse("accounts:account_create")).status_code == 403


@pytest.mark.urls("tests.ka_crm.test_refusals")
def test_a_failure_tells_the_id_and_nothing_else(db):
    response = Client(raise_request_exception=False).get("/fall/")

    assert response.status_code == 500
    assert response["X-Request-Id"] in response.content.decode()
    assert "the reason" not in response.content.decode()


def test_a_failure_of_the_failure_page_still_answers(monkeypatch):
    monkeypatch.setattr(loader, "get_template", fall)
    request = RequestFactory().get("/")
    request.id = "4711"

    response = views.server_error(request)

    assert (response.status_code, response["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert response.content.decode() == "Something went wrong here. Tell your administrator this number: 4711"


def test_a_form_without_its_token_is_403_and_says_what_to_do(db):
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "a@example.com", "password": "x"})

    assert response.status_code == 403
    assert "reload the page and send it again" in response.content.decode()


def test_a_part_of_a_page_without_its_token_reloads_the_page(db):
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Refresh"]) == (403, "true")


@pytest.mark.parametrize("address", ["/accounts/\x00/", "/accounts/?search=%00", "/%00"])
def test_nul_in_an_address_is_refused_at_the_door(client, db, address):
    assert client.get(address).status_code in {400, 404}


@pytest.mark.parametrize("address", ["/accounts/\x00/", "/accounts/?search=%00"])
@pytest.mark.parametrize(("language", "title"), [("en", "This address is not understood"), ("zh-hans", "无法识别此网址")])
def test_the_page_about_a_nul_speaks_the_persons_language(client, db, address, language, title):
    client.force_login(UserFactory(language=language))

    response = client.get(address)

    assert response.status_code == 400
    assert f"<h1>{title}</h1>" in response.content.decode()
    assert b"\0" not in response.content


@pytest.mark.parametrize("view", [views.bad_request, views.forbidden, views.not_found])
def test_refusals_answer_people_who_are_not_signed_in(rf, db, view):
    request = rf.get("/")
    request.id, request.user, request.session = "4711", _nobody(), {}

    response = view(request, Exception("the reason"))

    assert isinstance(response, HttpResponse)
    assert "the reason" not in response.content.decode()


def _nobody():
    from django.contrib.auth.models import AnonymousUser  # after settings

    return AnonymousUser()
