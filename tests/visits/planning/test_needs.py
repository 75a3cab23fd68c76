"""What makes a store urgent."""

from datetime import date, timedelta

import pytest

from visits.planning.needs import Priority, need_of

TODAY = date(2026, 3, 30)


def need(**facts):
    given = {"today": TODAY, "last_visit_on": date(2026, 3, 1), "every_days": 14, "due_on": date(2026, 3, 15), **facts}
    return need_of(**given)


def test_a_store_that_was_never_visited_is_urgent():
    found = need(last_visit_on=None, due_on=None)
    assert (found.priority, found.words, found.days_overdue) == (Priority.HIGH, "never visited", None)


def test_without_a_rule_nothing_is_due_even_if_nobody_was_there():
    found = need(last_visit_on=None, due_on=None, every_days=None)
    assert (found.priority, found.score, found.reasons) == (Priority.LOW, 0, ())


@pytest.mark.parametrize(
    ("days_ago", "score", "words"),
    [(0, 15, "due today"), (1, 16, "1 day overdue"), (7, 27, "7 days overdue"), (14, 40, "14 days overdue"), (400, 40, "400 days overdue")],
)
def test_urgency_grows_until_a_whole_interval_has_passed(days_ago, score, words):
    found = need(due_on=TODAY - timedelta(days=days_ago))
    assert (found.score, found.words, found.days_overdue) == (score, words, days_ago)


@pytest.mark.parametrize(("days_ahead", "words"), [(7, "due on 2026-04-06"), (8, "Not due yet")])
def test_what_is_due_within_a_week_is_said_before(days_ahead, words):
    assert need(due_on=TODAY + timedelta(days=days_ahead)).words == words


def test_reasons_add_up_and_the_weightiest_comes_first():
    found = need(due_on=TODAY, out_of_stock=2, gaps=1, missed_on=date(2026, 3, 20))
    assert found.reasons == ("2 out of stock", "call of 2026-03-20 missed", "due today", "1 must-stock gap")
    assert (found.score, found.priority) == (25 + 20 + 15 + 15, Priority.HIGH)


def test_a_call_missed_before_the_last_visit_is_made_good_for():
    assert need(due_on=None, missed_on=date(2026, 2, 28)).reasons == ()


@pytest.mark.parametrize(
    ("facts", "priority"),
    [({"gaps": 1}, Priority.NORMAL), ({"out_of_stock": 1, "gaps": 1}, Priority.HIGH), ({}, Priority.LOW)],
)
def test_the_priority_names_the_score(facts, priority):
    assert need(due_on=None, **facts).priority == priority
