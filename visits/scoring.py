"""From the facts of visits to their scores: a fixed number of statements, however many visits are scored at once.

One way for one visit at its check-out and for the whole history after a setting changed. The arithmetic is in scores.py.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import MustStockRule
from ka_crm import company

from .models import CategoryAsk, Observation, ShelfFact, VisitScore
from .scores import EXCLUDED, NOT_APPLICABLE, SCORED, UNANSWERED, ZERO, Part, perfect_store_score, reached, share_reached
from .states import VisitStatus
from .steps import asked_of

CHUNK = 1_000
WEIGHTS = {"must_stock": 30, "availability": 20, "share_of_shelf": 15, "price": 10, "promotion": 10, "display": 10, "promoters": 5}
LABELS = {
    "must_stock": _("Must-stock products"),
    "availability": _("On-shelf availability"),
    "share_of_shelf": _("Share of shelf"),
    "price": _("Price inside the corridor"),
    "promotion": _("Promotion as agreed"),
    "display": _("Display as agreed"),
    "promoters": _("Promoters as agreed"),
}
WHY = {
    "": "",
    "no_weight": _("Its weight is 0 in the settings."),
    "no_list": _("No must-stock list for this store."),
    "not_checked": _("No product was checked."),
    "no_corridor": _("No price corridor is in force here."),
    "not_counted": _("The facings of the whole category and our own were not both counted."),
    "contradiction": _("Our facings are more than those of the whole category: one of the two counts is wrong."),
    "not_said": _("Nobody said whether it is as agreed."),
    "said_not": _("It was marked as not applying here."),
    "not_asked": _("The purpose of the visit does not ask for it."),
}
_STEP = {"must_stock": "shelf", "availability": "shelf", "share_of_shelf": "category", "price": "price"}
_COUNTS = (
    "must_stock_checked", "must_stock_present", "checked", "available", "own_facings", "category_facings", "prices_checked",
    "prices_in_corridor",
)  # fmt: skip
_WRITTEN = ("score_e2", "parts", *_COUNTS)


@dataclass(frozen=True)
class Rules:
    """The settings of the score as they are now: weights by part, what an unanswered part counts, the share of shelf aimed at."""

    weights: dict
    unanswered: str
    share_target: Decimal


def declare_settings():
    """The settings on the administrator's page; called when the app is ready."""
    company.declare(
        "visits.score_weights",
        kind="weights",
        default=WEIGHTS,
        group="visits",
        label=_("Weights of the perfect-store score"),
        help_text=_("Parts that do not apply at a visit are left out and the others weigh more. History is scored anew after a change."),
        choices=list(LABELS.items()),
        maximum=100,
    )
    company.declare(
        "visits.score_unanswered",
        kind="choice",
        default=EXCLUDED,
        group="visits",
        label=_("Parts of the score that nobody answered"),
        help_text=_("Left out: not checked is not absent. As nothing: what was not looked at costs points."),
        choices=[(EXCLUDED, _("Are left out")), (ZERO, _("Count as nothing"))],
    )
    company.declare(
        "visits.share_target",
        kind="rate",
        default=Decimal("0.30"),
        group="visits",
        label=_("Share of shelf aimed at"),
        help_text=_("Our part of a category's facings that gives all points, as a fraction such as 0.30."),
        minimum=Decimal("0.01"),
        maximum=Decimal(1),
    )


def rules_now():
    return Rules(
        weights=company.value("visits.score_weights"),
        unanswered=company.value("visits.score_unanswered"),
        share_target=company.value("visits.share_target"),
    )


# -- writing -------------------------------------------------------------------------------------------------------------------
def score_visit(visit):
    """Write the score of one visit in the caller's transaction; a visit that is not completed at a store has none. Returns it or None."""
    if visit.status != VisitStatus.COMPLETED or visit.store_id is None:
        return None
    return _write([visit], rules_now())[0]


def rescore(visits, *, report=None, safe_point=None):
    """Score ``visits`` (a queryset) anew in chunks, each its own transaction; returns how many scores changed.

    ``report(done, total)`` and ``safe_point()`` are called between chunks. Running twice changes nothing more.
    """
    chosen = visits.filter(status=VisitStatus.COMPLETED, store__isnull=False)
    total, done, changed, last = chosen.count(), 0, 0, 0
    rules = rules_now()
    while rows := list(chosen.filter(pk__gt=last).select_related("store__account").order_by("pk")[:CHUNK]):
        changed += len(_write(rows, rules, only_changes=True))
        done, last = done + len(rows), rows[-1].pk
        if report:
            report(done, total)
        if safe_point:
            safe_point()
    return changed


def _write(visits, rules, *, only_changes=False):
    """The scores of ``visits``, stored; with ``only_changes`` only those that differ from what is stored."""
    scores = scores_of(visits, rules)
    if only_changes:
        stored = VisitScore.objects.in_bulk([visit.pk for visit in visits])
        scores = [
            one for one in scores if one.pk not in stored or any(getattr(one, name) != getattr(stored[one.pk], name) for name in _WRITTEN)
        ]
    now = timezone.now()
    for one in scores:
        one.scored_at = now
    VisitScore.objects.bulk_create(
        scores, update_conflicts=True, unique_fields=["visit"], update_fields=[*_WRITTEN, "scored_at"], batch_size=CHUNK
    )
    return scores


# -- reading -------------------------------------------------------------------------------------------------------------------
def scores_of(visits, rules=None):
    """Unsaved VisitScore rows of ``visits`` (rows with ``store__account``), as their facts are now: six statements."""
    rules = rules or rules_now()
    shelf, facings = _shelf_counts(visits), _facings(visits)
    answers, required = _answers(visits), _required(visits)
    return [
        _score(visit, rules, shelf.get(visit.pk, {}), facings.get(visit.pk, []), answers.get(visit.pk, {}), required.get(visit.pk, 0))
        for visit in visits
    ]


def _score(visit, rules, shelf, facings, answers, required):
    counts = dict.fromkeys(_COUNTS, 0) | {
        name: shelf.get(name, 0) for name in ("must_stock_checked", "must_stock_present", "checked", "available")
    }
    valid = [(own, every) for own, every in facings if own is not None and own <= every]
    counts["own_facings"], counts["category_facings"] = sum(own for own, _all in valid), sum(every for _own, every in valid)
    required = max(required, shelf.get("must_stock", 0))
    asked = asked_of(visit)
    parts = []
    for key, weight in rules.weights.items():
        step = _STEP.get(key, key)
        part = _part(key, weight, rules, counts, required, facings, answers.get(step))
        if part.state == UNANSWERED and (reason := _why_not(step, weight, answers, asked)):
            part = Part(key, weight, NOT_APPLICABLE, reason=reason)
        elif not weight:
            part = Part(key, weight, NOT_APPLICABLE, part.count, part.base, reason="no_weight")
        parts.append(part)
    score_e2 = perfect_store_score(parts, unanswered=rules.unanswered)
    return VisitScore(visit=visit, score_e2=score_e2, parts=[_as_json(part, rules) for part in parts], **counts)


def _why_not(step, weight, answers, asked):
    """Reason why a part without an answer does not apply; empty where it should have been answered."""
    if not weight:
        return "no_weight"
    if answers.get(step) == "not":
        return "said_not"
    return "" if step in asked else "not_asked"


def _part(key, weight, rules, counts, required, facings, answer):
    """One part from the counts of a visit, before the question whether it applies at all."""
    if key == "must_stock":
        if not required:
            return Part(key, weight, NOT_APPLICABLE, reason="no_list")
        base = required if rules.unanswered == ZERO else counts["must_stock_checked"]
        if not counts["must_stock_checked"]:
            return Part(key, weight, UNANSWERED, 0, required, reason="not_checked")
        return reached(key, weight, counts["must_stock_present"], base)
    if key == "availability":
        return (
            reached(key, weight, counts["available"], counts["checked"])
            if counts["checked"]
            else Part(key, weight, UNANSWERED, reason="not_checked")
        )
    if key == "share_of_shelf":
        if counts["category_facings"]:
            return share_reached(key, weight, counts["own_facings"], counts["category_facings"], rules.share_target)
        contradicts = any(own is not None and own > every for own, every in facings)
        return Part(key, weight, UNANSWERED, reason="contradiction" if contradicts else "not_counted")
    if key == "price":
        return Part(key, weight, NOT_APPLICABLE, reason="no_corridor")  # corridors are not part of the program yet
    return reached(key, weight, int(answer), 1) if isinstance(answer, bool) else Part(key, weight, UNANSWERED, reason="not_said")


def _as_json(part, rules):
    """A part as it is kept; ``points_e2`` are 0–10,000 of its own, None where it is in neither sum."""
    kept = {"key": part.key, "weight": part.weight, "state": part.state, "count": part.count, "base": part.base, "reason": part.reason}
    if part.state == SCORED:
        kept["points_e2"] = perfect_store_score([Part(part.key, 1, SCORED, value=part.value)], unanswered=EXCLUDED)
    else:
        kept["points_e2"] = 0 if part.state == UNANSWERED and rules.unanswered == ZERO else None
    if part.key == "share_of_shelf":
        kept["target"] = f"{rules.share_target.normalize():f}"
    return kept


def _shelf_counts(visits):
    """{visit id: counts of its shelf facts}: one statement."""
    checked, present, must_stock = Q(is_present__isnull=False), Q(is_present=True), Q(is_must_stock=True)
    rows = ShelfFact.objects.filter(visit__in=visits).order_by().values("visit_id").annotate(
        must_stock=Count("pk", filter=must_stock),
        must_stock_checked=Count("pk", filter=checked & must_stock),
        must_stock_present=Count("pk", filter=present & must_stock),
        checked=Count("pk", filter=checked),
        available=Count("pk", filter=present & Q(is_out_of_stock=False)),
    )  # fmt: skip
    return {row.pop("visit_id"): row for row in rows}


def _facings(visits):
    """{visit id: [(our facings or None, all facings)] by category whose whole facings were counted}: two statements."""
    own = {
        (row["visit_id"], row["product__category_id"]): row["own"]
        for row in ShelfFact.objects.filter(visit__in=visits, facings__isnull=False, product__category__isnull=False)
        .order_by()
        .values("visit_id", "product__category_id")
        .annotate(own=Sum("facings"))
    }
    found = defaultdict(list)
    for visit_id, category_id, every in CategoryAsk.objects.filter(visit__in=visits, all_facings__gt=0).values_list(
        "visit_id", "category_id", "all_facings"
    ):
        found[visit_id].append((own.get((visit_id, category_id)), every))
    return found


def _answers(visits):
    """{visit id: {topic: True, False, None or “not” where it does not apply}}: one statement."""
    found = defaultdict(dict)
    rows = Observation.objects.filter(visit__in=visits).values_list("visit_id", "topic", "is_as_agreed", "does_not_apply")
    for visit_id, topic, is_as_agreed, does_not_apply in rows:
        found[visit_id][topic] = "not" if does_not_apply else is_as_agreed
    return found


def _required(visits):
    """{visit id: number of products on the must-stock list of its store on its day}: one statement for all rules of those days."""
    days = [visit.planned_on for visit in visits if visit.store_id]
    if not days:
        return {}
    rules = list(
        MustStockRule.objects.filter(starts_on__lte=max(days))
        .exclude(ends_on__lt=min(days))
        .order_by()
        .values_list("account_id", "store_format", "product_id", "starts_on", "ends_on")
    )
    by_account = defaultdict(list)
    for account_id, *rule in rules:
        by_account[account_id].append(rule)
    found, known = {}, {}
    for visit in visits:
        if visit.store_id is None:
            continue
        question = (visit.store.account.path, visit.store.store_format, visit.planned_on)
        if question not in known:
            known[question] = _count_required(by_account, *question)
        found[visit.pk] = known[question]
    return found


def _count_required(by_account, path, store_format, day):
    """Products that the rules of the account, those above it and everybody's want in a store of the format on the day."""
    above = [None, *(int(part) for part in path.strip("/").split("/") if part)]
    return len({
        product
        for account in above
        for rule_format, product, starts_on, ends_on in by_account.get(account, ())
        if rule_format in ("", store_format) and starts_on <= day and (ends_on is None or ends_on >= day)
    })  # fmt: skip
