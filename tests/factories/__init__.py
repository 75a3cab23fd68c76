"""Valid, unsurprising rows; traits name situations (``VisitFactory(completed=True)``), dates are fixed."""

from .accounts import AccountAssignmentFactory, ContactFactory, KeyAccountFactory, StoreFactory
from .reports import ReportFactory, ReportSectionFactory
from .sales import (
    BrandFactory,
    CategoryFactory,
    ImportBatchFactory,
    ImportProfileFactory,
    ProductFactory,
    RetailerArticleFactory,
    StoredFileFactory,
    gtin,
)
from .team import PASSWORD, DelegationFactory, TeamFactory, UserFactory
from .visits import (
    AttendanceFactory,
    CadenceFactory,
    LeaveFactory,
    MustStockRuleFactory,
    PhotoFactory,
    ShelfFactFactory,
    VisitFactory,
    VisitPlanFactory,
)

__all__ = [
    "PASSWORD",
    "AccountAssignmentFactory",
    "AttendanceFactory",
    "BrandFactory",
    "CadenceFactory",
    "CategoryFactory",
    "ContactFactory",
    "DelegationFactory",
    "ImportBatchFactory",
    "ImportProfileFactory",
    "KeyAccountFactory",
    "LeaveFactory",
    "MustStockRuleFactory",
    "PhotoFactory",
    "ProductFactory",
    "ReportFactory",
    "ReportSectionFactory",
    "RetailerArticleFactory",
    "ShelfFactFactory",
    "StoreFactory",
    "StoredFileFactory",
    "TeamFactory",
    "UserFactory",
    "VisitFactory",
    "VisitPlanFactory",
    "gtin",
]
