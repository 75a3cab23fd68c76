"""The floor of benchmarks/pages.py: a list page and a create form as one writes them by hand in bare Django, nothing around them.

Django's own start project with its default middleware, one model over our table of stores, one indexed query for 50 rows, one
template; and a ModelForm over a table of visits with an insert. Run by gunicorn as ``benchmarks.floor_site:application``.
"""

import os

import environ
from django import forms
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path

LIST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stores</title></head><body><h1>Stores</h1>
<table><thead><tr><th>Name</th><th>Account</th><th>Their number</th><th>Region</th><th>Format</th><th>City</th></tr></thead><tbody>
{% for store in stores %}<tr><td><a href="/stores/{{ store.pk }}/">{{ store.name }}</a> {{ store.code }}</td>
<td><a href="/accounts/{{ store.account_id }}/">{{ store.account.name }}</a></td><td>{{ store.retailer_store_no }}</td>
<td>{{ store.region }}</td><td>{{ store.store_format }}</td><td>{{ store.city }}</td></tr>{% endfor %}
</tbody></table></body></html>"""
FORM = """<!doctype html><html lang="en"><body><form method="post">{% csrf_token %}{{ form }}<button>Save</button></form></body></html>"""

settings.configure(
    SECRET_KEY="the floor has no secrets",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="benchmarks.floor_site",
    USE_TZ=True,
    DATABASES={"default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": 60}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"list": LIST, "form": FORM})])
                ],
                "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"],
            },
        }
    ],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
application = get_wsgi_application()

from django.db import models  # noqa: E402 – after settings


class Account(models.Model):
    name = models.CharField(max_length=200)

    class Meta:
        app_label, managed, db_table = "floor", False, "accounts_keyaccount"

    def __str__(self):
        return self.name


class Store(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    retailer_store_no = models.CharField(max_length=40)
    region = models.CharField(max_length=80)
    store_format = models.CharField(max_length=60)
    city = models.CharField(max_length=80)
    sort_key = models.CharField(max_length=120)

    class Meta:
        app_label, managed, db_table = "floor", False, "accounts_store"

    def __str__(self):
        return self.name


class Visit(models.Model):
    store = models.ForeignKey(Store, on_delete=models.CASCADE)
    planned_on = models.DateField()
    objective = models.CharField(max_length=250, blank=True)

    class Meta:
        app_label, managed, db_table = "floor", False, "floor_visit"

    def __str__(self):
        return str(self.planned_on)


class VisitForm(forms.ModelForm):
    store = forms.ModelChoiceField(Store.objects.all(), widget=forms.NumberInput)

    class Meta:
        model = Visit
        fields = ["store", "planned_on", "objective"]


def store_list(request):
    return render(request, "list", {"stores": Store.objects.select_related("account").order_by("sort_key", "pk")[:50]})


def visit_create(request):
    form = VisitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return HttpResponseRedirect("/")
    return render(request, "form", {"form": form}, status=422 if form.errors else 200)


urlpatterns = [path("stores/", store_list), path("visits/plan/", visit_create), path("", store_list)]
