"""The guards guard: each has a test that it lets right things pass and stops wrong ones."""

import socket

import pytest
from django.conf import settings
from django.template import Origin, Template, engines
from django.template.context import Context

from tests.guards import NetworkCall, UndefinedTemplateVariable


def template_of_ours(source):
    origin = Origin(name=str(settings.BASE_DIR / "templates" / "made_up.html"), template_name="made_up.html")
    return Template(source, origin=origin, name="made_up.html", engine=engines["django"].engine)


def test_an_undefined_variable_in_a_template_of_ours_fails():
    with pytest.raises(UndefinedTemplateVariable, match="made_up.html, line 2: “nobody.name” is not defined here"):
        template_of_ours("\n{{ nobody.name }}").render(Context({"somebody": 1}))


def test_an_undefined_variable_behind_a_filter_fails():
    with pytest.raises(UndefinedTemplateVariable):
        template_of_ours("{{ nobody|upper }}").render(Context())


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('{{ nobody|default:"–" }}', "–"),
        ("{% if nobody %}a{% else %}b{% endif %}", "b"),
        ("{% for x in nobody %}a{% empty %}b{% endfor %}", "b"),
    ],
)
def test_asking_whether_something_is_there_is_allowed(source, shown):
    assert template_of_ours(source).render(Context()) == shown


def test_templates_of_installed_packages_may_print_nothing():
    template = Template("[{{ nobody }}]", origin=Origin(name="/elsewhere/theirs.html"), engine=engines["django"].engine)

    assert template.render(Context()) == "[]"


def test_no_test_reaches_another_machine():
    with socket.socket() as there, pytest.raises(NetworkCall, match="203.0.113.1:80"):
        there.connect(("203.0.113.1", 80))
    with pytest.raises(NetworkCall):
        socket.getaddrinfo("example.com", 80)


def test_this_machine_is_reachable():
    with socket.socket() as listener, socket.socket() as caller:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        caller.connect(listener.getsockname())
        assert caller.getpeername() == listener.getsockname()


def test_each_test_has_a_data_folder_of_its_own(data_dir):
    assert settings.KA_DATA_DIR == data_dir
    assert settings.STORAGES["default"]["OPTIONS"]["location"] == str(data_dir / "files")
