"""The one list page, on people as its rows: search, filter, sort, columns, pages, totals, files; and addresses nobody should send."""

import csv
import io

import django_filters
import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.test import RequestFactory
from django.utils import translation
from python_calamine import CalamineWorkbook

from ka_crm import exports
from ka_crm.listpage import Action, ListFilter, ListPage
from ka_crm.tables import Column, InstantColumn, NumberColumn, StatusColumn, Table, YesColumn
from team.models import User
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


class PersonTable(Table):
    name = Column(hint="email", order_by="sort_key")
    role = StatusColumn()
    team = Column(accessor="team__name")
    letters = NumberColumn(accessor="pk", verbose_name="Letters")
    is_active = YesColumn()
    created_at = InstantColumn()

    hidden_columns = ("created_at",)

    class Meta(Table.Meta):
        model = User
        fields = ("name", "role", "team", "letters", "is_active", "created_at")


class PersonFilter(ListFilter):
    class Meta:
        model = User
        fields = ["role", "team"]


class PersonList(ListPage):
    title = "People & co"
    table_class = PersonTable
    filterset_class = PersonFilter
    totals = {"letters": Count("pk")}
    action = Action("Home page", "home")
    empty = "Nobody is here."

    def get_queryset(self, request):
        return User.objects.select_related("team").order_by("sort_key", "pk")


@pytest.fixture
def reader():
    return UserFactory(name="Zoe Reader", administrator=True)


@pytest.fixture
def ask(reader):
    """``ask("q=ana", HX_Request="true")`` is the answer as the reader gets it."""

    def ask(query="", view=PersonList, user=reader, **headers):
        request = RequestFactory().get(f"/people/?{query}", headers=headers)
        request.user, request.id = user, "0" * 32
        request._messages = CookieStorage(request)
        return view.as_view()(request)

    return ask


def names(response):
    """Names in the order of the page."""
    text = response.content.decode()
    return [part.split(">", 1)[1].split("<")[0] for part in text.split("<tbody>")[1].split("</tbody>")[0].split('<th scope="row"')[1:]]


def test_search_finds_every_word_in_any_case_and_width(ask):
    UserFactory(name="Ana López"), UserFactory(name="Ana Ruiz")

    assert names(ask("q=LOPEZ+ana")) == ["Ana López"]
    assert names(ask("q=ｌｏｐｅｚ")) == ["Ana López"]


def test_filters_narrow_and_are_named_with_a_way_out(ask):
    UserFactory(name="Rep", field_rep=True)

    response = ask("role=field_rep&sort=-name")

    assert names(response) == ["Rep"]
    assert 'href="/people/?sort=-name" aria-label="Take away the filter Role: Field rep"' in response.content.decode()


@pytest.mark.parametrize(("sort", "order"), [("name", ["Ana", "Bo", "Zoe Reader"]), ("-name", ["Zoe Reader", "Bo", "Ana"])])
def test_sorting(ask, sort, order):
    UserFactory(name="Bo"), UserFactory(name="Ana")

    assert names(ask(f"sort={sort}")) == order


@pytest.mark.parametrize("sort", ["team", "-team"])
def test_missing_values_come_last_either_way(ask, sort):
    UserFactory(name="Bo", team=TeamFactory())

    assert names(ask(f"sort={sort}")) == ["Bo", "Zoe Reader"]


def test_the_sorted_column_says_so_and_offers_the_other_way(ask):
    text = ask("sort=name").content.decode()

    assert 'aria-sort="ascending"' in text
    assert 'href="/people/?sort=-name"' in text


def test_columns_are_chosen_and_ordered_by_the_address(ask):
    text = ask("cols=is_active,name").content.decode()

    heads = [cell.split("</th>")[0] for cell in text.split("<thead>")[1].split("</thead>")[0].split("<th ")[1:]]
    assert [("May sign in" in head, "Name" in head) for head in heads] == [(True, False), (False, True)]


def test_hidden_columns_are_offered_and_not_shown(ask):
    text = ask().content.decode()

    assert 'name="cols" value="created_at">' in text
    assert 'data-label="Created at"' not in text


def test_pages_keep_the_rest_of_the_address(ask):
    for number in range(30):
        UserFactory(name=f"Fellow {number:02}")

    text = ask("size=25&q=fellow&page=2").content.decode()

    assert "26–30 of 30" in text
    assert 'href="/people/?size=25&amp;q=fellow&amp;page=1"' in text


def test_totals_are_of_the_filter_and_not_of_the_page(ask):
    for number in range(30):
        UserFactory(name=f"Fellow {number:02}")

    foot = ask("size=25&q=fellow").content.decode().split("<tfoot>")[1].split("</tfoot>")[0]

    assert ">30</td>" in foot


def test_htmx_gets_the_part_and_caches_are_told(ask):
    whole, part = ask(), ask(HX_Request="true")

    assert "<html" in whole.content.decode()
    assert part.content.decode().lstrip().startswith('<section class="list-part"')
    assert "HX-Request" in whole["Vary"] and "HX-Request" in part["Vary"]


def test_an_empty_list_says_what_to_do(ask):
    class Nobody(PersonList):
        def get_queryset(self, request):
            return User.objects.none()

    text = ask(view=Nobody).content.decode()

    assert "Nobody is here." in text and ">Home page</a>" in text


def test_nothing_found_offers_everything(ask):
    assert "Show everything" in ask("q=qqqq").content.decode()


HOSTILE = [
    "page=999",
    "page=-1",
    "page=x",
    f"page={'9' * 400}",
    "page=1e9",
    "sort=__class__",
    "sort=-",
    "sort=password",
    "sort=name,name,name,name",
    "sort=team__members__password",
    "sort=%F0%9F%98%80",
    "cols=x",
    "cols=,,,",
    "cols=" + "name," * 500,
    "cols=__init__",
    "size=0",
    "size=-1",
    "size=100000000",
    "size=x",
    "_export=exe",
    "team=99999999999999999999999999",
    "team=x",
    "team=-1",
    "role=owner",
    "role=%27%20OR%201=1",
    "q=" + "x" * 5000,
    "q=%25%25%25",
    "q=%ED%A0%80",
    "q=" + "a+" * 200,
    "q=%E2%80%AE%00",
    "%00=1",
    "q=a&q=b",
    "sort[]=name",
]


@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
def test_an_address_that_makes_no_sense_is_still_a_page(ask, query, headers):
    assert ask(query, **headers).status_code == 200


@pytest.mark.parametrize("query", HOSTILE)
def test_an_address_that_makes_no_sense_is_still_a_file(ask, query):
    response = ask(f"{query}&_export=csv")

    assert response.status_code == 200
    assert b"".join(response.streaming_content if response.streaming else [response.content])


def test_text_of_people_is_not_markup(ask):
    UserFactory(name="<b>Bo</b>")

    text = ask("q=bo").content.decode()

    assert "<b>Bo" not in text and "&lt;b&gt;Bo" in text


def test_a_file_holds_what_is_filtered_in_the_order_and_columns_shown(ask):
    UserFactory(name="=Ana", email="ana@example.com", field_rep=True), UserFactory(name="Bo", field_rep=True), UserFactory(name="Cy")

    response = ask("role=field_rep&sort=-name&cols=name,role,is_active&_export=csv")

    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert rows == [["Name", "Role", "May sign in"], ["Bo", "Field rep", "true"], ["'=Ana", "Field rep", "true"]]
    assert response["Content-Disposition"].startswith('attachment; filename="people-co-')


def test_a_file_speaks_the_language_of_the_page(ask):
    with translation.override("zh-hans"):
        response = ask("q=zoe&cols=role&_export=csv")
        expected = str(User._meta.get_field("role").verbose_name)

    assert b"".join(response.streaming_content).decode("utf-8-sig").splitlines()[0].casefold() == expected.casefold()


def test_a_workbook_holds_the_same(ask):
    response = ask("q=zoe&cols=name,letters&_export=xlsx")

    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content))).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["Name", "Zoe Reader"]
    assert isinstance(rows[1][1], float)


def test_every_file_is_told_before_it_leaves(ask, reader):
    told = []

    def listen(sender, **facts):
        told.append((facts["request"].user, facts["file_format"], facts["row_count"]))

    exports.exported.connect(listen)
    try:
        ask("q=zoe&_export=csv")
    finally:
        exports.exported.disconnect(listen)
    assert told == [(reader, "csv", 1)]


def test_who_may_not_export_gets_no_link_and_no_file(ask):
    rep = UserFactory(field_rep=True)

    assert "_export=" not in ask(user=rep).content.decode()
    with pytest.raises(PermissionDenied):
        ask("_export=csv", user=rep)


def test_statements_do_not_grow_with_rows(ask, assert_same_statements):
    def grow():
        for _ in range(30):
            UserFactory(team=TeamFactory())

    assert_same_statements(lambda: ask("sort=-team&q=person"), grow, most=6)


def test_going_back_in_history_gets_the_whole_page(ask):
    assert "<html" in ask(HX_Request="true", HX_History_Restore_Request="true").content.decode()


def test_ends_of_a_span_of_days_have_names_and_pickers(ask):
    class SpanFilter(ListFilter):
        created_at = django_filters.DateFromToRangeFilter(label="Entered")

        class Meta:
            model = User
            fields = []

    class SpanList(PersonList):
        filterset_class = SpanFilter

    text = ask("created_at_after=2026-01-01&created_at_before=nonsense", view=SpanList).content.decode()

    assert 'type="date" name="created_at_after" value="2026-01-01" aria-label="Entered from"' in text
    assert 'aria-label="Entered to"' in text and "Enter a valid date." in text
    chips = ask("created_at_after=2026-01-01", view=SpanList).content.decode().split('class="chips"')[1]
    assert "<span>Entered:</span> 2026-01-01 – …" in chips
