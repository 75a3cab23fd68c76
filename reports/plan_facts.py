"""What plans and weekly summaries read besides the figures of a period: what is still open and what is to come."""

import datetime as dt
from collections import defaultdict
from functools import cached_property

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from accounts.models import KeyAccount, Store
from ka_crm.periods import month_of, span
from sales import figures
from team.models import Task
from visits.figures import SEEN
from visits.models import Attendance, CompetitorFact, ShelfFact, Visit
from visits.planning.cadence import due_by, with_needs
from visits.states import VisitStatus

from .outlook import RECENT_MONTHS
from .shelf_facts import grouped

LOOK_BACK_DAYS = 60  # a gap that nobody has looked at for longer is no longer known to be one


class PlanFacts:
    """The part of Facts that looks ahead; it asks ``period``, ``account_ids`` and ``today`` of the rest."""

    @cached_property
    def newest_month(self):
        """The last month that is over today."""
        return month_of(self.today).previous()

    @cached_property
    def recent_months(self):
        """The last complete months before the period, ascending, each as a Period."""
        months = [min(self.newest_month, self.period.previous())]
        while len(months) < RECENT_MONTHS:
            months.insert(0, months[0].previous())
        return months

    @cached_property
    def outlook_sums(self):
        """{(account, month): Sums} of the recent months, the same a year earlier, and the period's month a year ago; one statement."""
        asked = [*self.recent_months, *(month.year_before() for month in self.recent_months), self.period.year_before()]
        months = {month.starts_on for month in asked}
        chosen = KeyAccount.objects.filter(pk__in=self.account_ids)
        known = figures.sellout_by_own_account_month(chosen, span(min(months), month_of(max(months)).ends_on))
        return {key: sums for key, sums in known.items() if key[1] in months}

    @cached_property
    def open_gaps(self):
        """{account: must-stock products that were missing when somebody last looked, the oldest first}; one statement."""
        back = span(self.today - dt.timedelta(days=LOOK_BACK_DAYS), self.today)
        looked = ShelfFact.objects.filter(
            self._of_visits(back), visit__store__archived_at=None, visit__store__isnull=False, is_must_stock=True, is_present__isnull=False
        ).annotate(
            place=Window(
                RowNumber(), partition_by=[F("visit__store_id"), F("product_id")], order_by=[F("visit__planned_on").desc(), F("pk").desc()]
            )
        )
        # The newest look is chosen first: a condition beside “place” would narrow the rows that are ranked.
        lines = ShelfFact.objects.filter(pk__in=looked.filter(place=1).values("pk"), is_present=False).values(
            "product_id",
            sku=F("product__sku"),
            product_name=F("product__name"),
            account_id=F("visit__account_id"),
            store_id=F("visit__store_id"),
            store_name=F("visit__store__name"),
            seen_on=F("visit__planned_on"),
        )
        return grouped(lines.order_by("visit__planned_on", "visit__store_id", "product_id"))

    @cached_property
    def open_tasks(self):
        """{person: open tasks, the first due in front}; one statement."""
        tasks = Task.objects.open().values("public_id", "title", "due_on", "priority", "assignee_id", "object_label", "account_ref")
        return grouped(tasks.order_by(F("due_on").asc(nulls_last=True), "-priority", "pk"), "assignee_id")

    @cached_property
    def coming_visits(self):
        """Visits planned for the days of the period, as dicts, by day; one statement."""
        rows = Visit.objects.filter(planned_on__range=(self.period.starts_on, self.period.ends_on)).exclude(status=VisitStatus.CANCELLED)
        return list(_visit_rows(rows))

    @cached_property
    def due_stores(self):
        """{account: stores that are due by the end of the period or earlier, the longest due in front}; one statement and the rules'."""
        stores = Store.objects.filter(self._of_accounts(), archived_at=None).in_force_on(self.period.ends_on)
        rows = (
            with_needs(stores, self.today).filter(due_by(self.period.ends_on)).order_by(F("due_on").asc(nulls_first=True), "sort_key", "pk")
        )
        found = defaultdict(list)
        for store in rows:
            found[store.account_id].append(
                {
                    "id": store.pk,
                    "name": store.name,
                    "last_visit_on": store.last_visit_on,
                    "every_days": store.every_days,
                    "due_on": store.due_on,
                    "next_visit_on": store.next_visit_on,
                    "out_of_stock": store.out_of_stock_count,
                    "gaps": store.gap_count,
                }
            )
        return found

    # -- one person's week -------------------------------------------------------------------------------------------------------
    @cached_property
    def next_week(self):
        return span(self.period.ends_on + dt.timedelta(days=1), self.period.ends_on + dt.timedelta(days=7))

    @cached_property
    def week_visits(self):
        """{person: visits of the week and of the next one, by day}; one statement."""
        rows = Visit.objects.filter(planned_on__range=(self.period.starts_on, self.next_week.ends_on))
        return grouped(_visit_rows(rows), "visitor_id")

    @cached_property
    def week_out_of_stock(self):
        """{person: what they found out of stock in the week}; one statement."""
        facts = ShelfFact.objects.filter(self._seen_in_week(), is_out_of_stock=True, visit__store__isnull=False)
        return grouped(
            facts.values(
                sku=F("product__sku"),
                product_name=F("product__name"),
                visitor_id=F("visit__visitor_id"),
                store_id=F("visit__store_id"),
                store_name=F("visit__store__name"),
                seen_on=F("visit__planned_on"),
            ).order_by("visit__planned_on", "visit__store_id", "product_id"),
            "visitor_id",
        )

    @cached_property
    def week_competitors(self):
        """{person: competitor facts of the week}; one statement."""
        facts = CompetitorFact.objects.filter(self._seen_in_week(), is_removed=False)
        return grouped(
            facts.values(
                "brand",
                "description",
                "is_on_promotion",
                visitor_id=F("visit__visitor_id"),
                store_id=F("visit__store_id"),
                store_name=F("visit__store__name"),
                seen_on=F("visit__planned_on"),
            ).order_by("visit__planned_on", "pk"),
            "visitor_id",
        )

    @cached_property
    def attendances(self):
        """{person: (days started, of these late)} of the week; one statement."""
        rows = Attendance.objects.filter(day__range=(self.period.starts_on, self.period.ends_on)).values_list("person_id", "is_late")
        found = defaultdict(lambda: [0, 0])
        for person_id, is_late in rows:
            found[person_id][0] += 1
            found[person_id][1] += is_late
        return found

    def _seen_in_week(self):
        return Q(visit__status__in=SEEN, visit__planned_on__range=(self.period.starts_on, self.period.ends_on))


def _visit_rows(visits):
    return visits.values(
        "pk",
        "account_id",
        "visitor_id",
        "store_id",
        "planned_on",
        "status",
        "origin",
        "purpose",
        "objective",
        "note",
        "checked_in_at",
        "checked_out_at",
        store_name=F("store__name"),
        account_name=F("account__name"),
        visitor_name=F("visitor__name"),
    ).order_by("planned_on", F("planned_at").asc(nulls_last=True), "pk")
