"""A company with two halves: each role has rows of its own, and rows of the other half that carry a sentinel in every text.

The sentinel never stands in what people may know of everybody: names of colleagues and teams, products, categories.
"""

from datetime import date

from accounts.models import KeyAccount
from ka_crm.files import store_bytes
from ka_crm.jobs.models import Job
from ka_crm.models import SavedView, Setting
from reports.models import ReportRun, ReportSection
from team.audit import record
from team.models import Approval, Attachment, Comment, Notification, Task, User, WorkCalendar
from team.roles import Role
from team.services.approvals import request_approval
from team.subjects import about
from tests.factories import (
    AccountAssignmentFactory,
    AttendanceFactory,
    CadenceFactory,
    ContactFactory,
    DelegationFactory,
    ImportBatchFactory,
    ImportProfileFactory,
    KeyAccountFactory,
    LeaveFactory,
    MustStockRuleFactory,
    PhotoFactory,
    ProductFactory,
    ReportFactory,
    RetailerArticleFactory,
    ShelfFactFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
    VisitPlanFactory,
)
from visits.models import CategoryAsk, CompetitorFact

SENTINEL = "Zq7foreign"
NOBODY = "zq8"  # a word that stands nowhere
WORD = "zq7"  # what a search types: a part of the sentinel, so that the page's own echo of it is no leak


def stored(name):
    """A file that is really there; its content carries its name."""
    return store_bytes(name.encode(), name=name, kind="access")


class World:
    """``people``: one person per role of the near half; ``other``: the person whose rows are foreign to all who do not see all."""

    def __init__(self):
        near, far = TeamFactory(name="Near"), TeamFactory(name="Far")
        self.people = {str(role): UserFactory(role=role, team=near) for role in Role}
        self.other = UserFactory(role=Role.KA_MANAGER, team=far, email=f"{SENTINEL}@example.com".lower(), phone=f"{SENTINEL} 1")
        self.product = ProductFactory()
        ImportProfileFactory()
        Setting.objects.create(key="company.backup_days", value=3)
        WorkCalendar.objects.create(code="HQ", name="Company", is_default=True)
        near_store = self.fill(KeyAccountFactory(), self.people["ka_manager"], word="near")
        for role in ("field_rep", "supervisor"):
            AccountAssignmentFactory(account=KeyAccount.objects.get(), user=self.people[role])
        self.fill(
            KeyAccountFactory(name=f"{SENTINEL} account", code=f"{SENTINEL}1", legal_name=f"{SENTINEL} Ltd"), self.other, word=SENTINEL
        )
        for person in self.people.values():
            Job.objects.create(kind="access.test", requested_by=person, subject="near")
            SavedView.objects.create(owner=person, list_name="accounts:store_list", name="near", query="q=near")
            ReportRun.objects.create(kind="monthly", starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31), ordered_by=person)
            VisitFactory(store=near_store, visitor=person, note="near")
            Comment.objects.create(**about(near_store.account), author=person, text="near")
            self.add_work(person, word="near")
            if person.pk != self.people["ka_manager"].pk:
                LeaveFactory(person=person, reason="near")
            DelegationFactory(absent=person, deputy=self.people["viewer"] if person.role != Role.VIEWER else self.people["finance"])

    def fill(self, account, person, *, word):
        """Everything that hangs on an account, by ``person``, with ``word`` in its texts. Returns its store."""
        AccountAssignmentFactory(account=account, user=person)
        store = StoreFactory(account=account, name=f"{word} store", city=word, address=word, region=word)
        ContactFactory(account=account, name=f"{word} buyer", notes=word, title=word, subjects=word)
        visit = VisitFactory(store=store, visitor=person, in_progress=True, note=f"{word} note", objective=word)
        ShelfFactFactory(visit=visit, product=self.product, note=word)
        CompetitorFact.objects.create(visit=visit, brand=word, description=word)
        CategoryAsk.objects.create(visit=visit, category=self.product.category, said_by=word, monthly_value_minor=100)
        PhotoFactory(visit=visit, caption=word, file=stored(f"{word}.jpg"), thumbnail=stored(f"{word}-small.jpg"))
        MustStockRuleFactory(account=account, product=self.product, store_format=word)
        CadenceFactory(account=account, store_format=word)
        LeaveFactory(person=person, reason=f"{word} leave")
        AttendanceFactory(person=person, note=f"{word} note")
        VisitPlanFactory(person=person, priorities=f"{word} priorities")
        RetailerArticleFactory(account=account, product=self.product, article_no=word)
        ImportBatchFactory(account=account, uploaded_by=person, file=stored(f"{word}.csv"), error_file=stored(f"{word}-errors.csv"))
        run = ReportRun.objects.create(kind="monthly", starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31), ordered_by=person)
        report = ReportFactory(account=account, owner=person, run=run)
        ReportSection.objects.create(report=report, key="sales", position=1, commentary=f"{word} words")
        request_approval(kind="reports.report", subject=report, title=f"{word} report", note=f"{word} note", requested_by=person)
        self.add_work(person, word=word)
        ReportFactory(about_person=person, owner=person, subject_label=f"{word} person")
        Job.objects.create(kind="access.test", requested_by=person, subject=f"{word} job")
        if word == SENTINEL:
            SavedView.objects.create(owner=person, list_name="accounts:store_list", name=f"{word} view", query=f"q={word}")
        away = UserFactory(ka_manager=True, team=person.team, phone=f"{word} 2")
        DelegationFactory(absent=away, deputy=person, reason=f"{word} reason", handover=f"{word} handover", ends_on=date(2026, 3, 2))
        Comment.objects.create(**about(account), author=person, text=f"{word} comment")
        Attachment.objects.create(**about(account), file=stored(f"{word}.pdf"), caption=word, attached_by=person)
        record(account, "account.changed", actor=person, changes={"name": [f"{word} old", f"{word} new"]}, reason=word)
        return store

    def add_work(self, person, *, word):
        """What waits for ``person`` and what they were told, about nothing in particular."""
        Task.objects.create(title=f"{word} task", details=f"{word} details", assignee=person, created_by=person)
        Notification.objects.create(user=person, kind="tasks.given", words={"task": f"{word} told"})
        Approval.objects.create(kind="reports.report", title=f"{word} request", requested_by=person, status="withdrawn")

    def sees_foreign(self, person):
        """Whether the other half is this person's business too, so that its texts are no leak."""
        return User.objects.get(pk=person.pk).sees_all
