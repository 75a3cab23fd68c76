"""Comments on records: who writes, who is told, what is refused, and hostile words."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from team.models import AuditEvent, Comment, Notification
from team.records.comments import change_comment, remove_comment, restore_comment, write_comment
from team.records.words import as_html, called
from tests.factories import AccountAssignmentFactory, DelegationFactory, KeyAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(account):
    return AccountAssignmentFactory(account=account, user=UserFactory(field_rep=True, name="王小明")).user


@pytest.fixture
def stranger():
    return UserFactory(ka_manager=True, name="Bob Smith")


def address(name, record):
    return reverse(f"records:{name}", args=[record._meta.label_lower, record.pk])


def test_a_comment_stands_on_the_records_page(client, manager, account):
    client.force_login(manager)

    answer = client.post(address("comment_create", account), {"text": "Call before the 5th."}, follow=True)

    assert answer.redirect_chain == [(f"/accounts/{account.pk}/#timeline", 302)]
    assert '<p dir="auto">Call before the 5th.</p>' in answer.content.decode()
    event = AuditEvent.objects.get(verb="comment.created")
    assert (event.actor, event.account_ref) == (manager, account.pk)


def test_who_is_named_is_told_and_who_may_not_see_the_record_is_named_as_refused(client, manager, account, colleague, stranger):
    client.force_login(manager)

    answer = client.post(address("comment_create", account), {"text": "@王小明请看一下, @bob smith too"}, follow=True)

    comment = Comment.objects.get()
    assert list(comment.mentions.all()) == [colleague]
    assert [(one.user, one.kind, one.url) for one in Notification.objects.all()] == [
        (colleague, "records.mentioned", f"/accounts/{account.pk}/#timeline")
    ]
    assert [str(message) for message in answer.context["messages"]] == [
        "Bob Smith was not told: this record is not among what they may see.",
        "Your comment is there.",
    ]
    assert '<span class="mention">@王小明</span>请看一下' in answer.content.decode()


def test_whoever_was_told_already_is_not_told_again(manager, account, colleague):
    comment, _refused = write_comment(record=account, text="@王小明 one", actor=manager)
    change_comment(comment=comment, values={"text": "@王小明 two"}, actor=manager, expected_version=1)

    assert Notification.objects.count() == 1


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01", "\u202e"])
def test_nothing_is_no_comment(manager, account, text):
    with pytest.raises(ValidationError, match="Write something first"):
        write_comment(record=account, text=text, actor=manager)


def test_a_comment_is_no_book(client, manager, account):
    client.force_login(manager)

    assert client.post(address("comment_create", account), {"text": "x" * 5001}).status_code == 422
    assert client.post(address("comment_create", account), {"text": "x" * 5000}).status_code == 302


def test_only_its_author_changes_or_removes_it(client, manager, account, colleague):
    comment, _refused = write_comment(record=account, text="mine", actor=manager)
    with pytest.raises(NotAllowed, match="Only its author"):
        change_comment(comment=comment, values={"text": "theirs"}, actor=colleague)
    with pytest.raises(NotAllowed, match="Only its author"):
        remove_comment(comment=comment, actor=colleague)

    client.force_login(colleague)
    for name in ("comment_edit", "comment_remove"):
        assert client.post(reverse(f"records:{name}", args=[comment.public_id]), {"text": "theirs", "seen_version": 1}).status_code == 404
    assert Comment.objects.get().text == "mine"


def test_two_windows_the_second_sees_what_the_first_saved_and_keeps_its_own(client, manager, account):
    comment, _refused = write_comment(record=account, text="first", actor=manager)
    client.force_login(manager)
    edit = reverse("records:comment_edit", args=[comment.public_id])
    assert client.post(edit, {"text": "second", "seen_version": 1}).status_code == 302

    answer = client.post(edit, {"text": "third", "seen_version": 1})

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Now saved here: “second”." in page
    assert ">\nthird</textarea>" in page
    assert client.post(edit, {"text": "third", "seen_version": 2}).status_code == 302
    assert Comment.objects.get().text == "third"


def test_a_stale_version_is_refused_by_the_service(manager, account):
    comment, _refused = write_comment(record=account, text="first", actor=manager)
    change_comment(comment=comment, values={"text": "second"}, actor=manager, expected_version=1)
    with pytest.raises(StaleRecord):
        change_comment(comment=comment, values={"text": "third"}, actor=manager, expected_version=1)


def test_what_is_taken_back_stays_as_a_row_without_words(client, manager, account):
    comment, _refused = write_comment(record=account, text="a secret word", actor=manager)
    client.force_login(manager)

    answer = client.post(reverse("records:comment_remove", args=[comment.public_id]), follow=True)

    page = answer.content.decode()
    assert "Comment removed" in page
    assert "a secret word" not in page
    assert Comment.objects.get().text == "a secret word"
    with pytest.raises(DomainError, match="taken back"):
        remove_comment(comment=comment, actor=manager)
    restore_comment(comment=comment, actor=manager)
    assert "a secret word" in client.get(account.get_absolute_url()).content.decode()


def test_a_viewer_reads_but_does_not_write(client, account, manager):
    write_comment(record=account, text="to be read", actor=manager)
    client.force_login(UserFactory(viewer=True))

    page = client.get(account.get_absolute_url()).content.decode()

    assert "to be read" in page
    assert "comment-form" not in page
    assert client.post(address("comment_create", account), {"text": "hello"}).status_code == 403


@pytest.mark.parametrize("name", ["timeline", "comment_create", "file_create", "people"])
def test_a_stranger_finds_nothing(client, account, stranger, name):
    client.force_login(stranger)

    assert client.get(address(name, account)).status_code == 404
    assert client.post(address("comment_create", account), {"text": "hello"}).status_code == 404
    assert Comment.objects.count() == 0


def test_a_page_that_ones_role_does_not_open_has_no_timeline_either(client, manager):
    client.force_login(manager)

    assert client.get(reverse("records:timeline", args=["team.user", manager.pk])).status_code == 404


def test_a_deputys_comment_shows_both_names(client, account, manager):
    deputy = UserFactory(ka_manager=True, name="Dee Puty")
    from django.utils import timezone

    today = timezone.localdate()
    DelegationFactory(absent=manager, deputy=deputy, starts_on=today, ends_on=today)
    write_comment(record=account, text="in her place", actor=deputy)
    client.force_login(manager)

    assert "Dee Puty for Ana Lopez" in client.get(account.get_absolute_url()).content.decode()


HOSTILE = {
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><img src=x onerror=alert(1)>': "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;",
    "javascript:alert(1)": "javascript:alert(1)",
    "data:text/html,<b>": "data:text/html,&lt;b&gt;",
    "{{ 7|add:7 }}{% csrf_token %}": "{{ 7|add:7 }}{% csrf_token %}",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(client, manager, account, text):
    write_comment(record=account, text=text, actor=manager)
    client.force_login(manager)

    assert f'<p dir="auto">{HOSTILE[text]}</p>' in client.get(account.get_absolute_url()).content.decode()


def test_addresses_become_links_that_tell_nothing():
    assert as_html("See https://example.com/a?b=1&c=2.") == (
        '<p dir="auto">See <a href="https://example.com/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow ugc">'
        "https://example.com/a?b=1&amp;c=2</a>.</p>"
    )
    assert as_html("https://e.com/\"onmouseover='x'") == (
        '<p dir="auto"><a href="https://e.com/" target="_blank" rel="noopener noreferrer nofollow ugc">https://e.com/</a>'
        "&quot;onmouseover=&#x27;x&#x27;</p>"
    )


def test_marks_that_turn_the_text_are_taken_out(manager, account):
    comment, _refused = write_comment(record=account, text="invoice\u202efdp.exe", actor=manager)

    assert comment.text == "invoicefdp.exe"


def test_the_longer_of_two_names_is_meant():
    ann, anna = UserFactory(name="Ann"), UserFactory(name="Anna Berg")

    assert called("hello @anna berg", [ann, anna]) == [anna]
    assert called("hello @Ann, @Annabel", [ann, anna]) == [ann]
    assert called("mail ann@example.com", [ann, anna]) == []
    assert called("full width ＠Ann", [ann]) == [ann]


def test_colleagues_are_offered_by_name_never_by_address(client, manager, account, colleague, stranger):
    client.force_login(manager)

    def offered(words):
        return [person.name for person in client.get(address("people", account), {"q": words}).context["people"]]

    assert offered("bob") == ["Bob Smith"]
    assert offered("王小") == ["王小明"]
    assert offered("wang") == ["王小明"]
    assert offered("example.com") == []
    assert offered("") == []


def test_the_page_asks_as_often_with_one_comment_as_with_three(client, manager, account, assert_same_statements):
    client.force_login(manager)
    write_comment(record=account, text="one", actor=manager)

    assert_same_statements(
        lambda: client.get(address("timeline", account)),
        lambda: [write_comment(record=account, text=text, actor=manager) for text in ("two", "three")],
        most=14,
    )


def test_comments_of_another_account_do_not_appear(client, manager, account):
    write_comment(record=KeyAccountFactory(), text="elsewhere", actor=manager)
    client.force_login(manager)

    assert "elsewhere" not in client.get(account.get_absolute_url()).content.decode()
