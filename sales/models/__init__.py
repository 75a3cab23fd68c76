"""Products, sell-out with its rollups, market totals and the record of every import."""

from .imports import ImportBatch, ImportChange, ImportKind, ImportProfile, RefusedRow
from .products import Brand, Category, Product, RetailerArticle
from .sellout import (
    AccountProductMonth,
    AccountProductWeek,
    CategoryTotal,
    CategoryTotalHistory,
    SellOut,
    SellOutHistory,
    StoreProductMonth,
)

__all__ = [
    "AccountProductMonth",
    "AccountProductWeek",
    "Brand",
    "Category",
    "CategoryTotal",
    "CategoryTotalHistory",
    "ImportBatch",
    "ImportChange",
    "ImportKind",
    "ImportProfile",
    "Product",
    "RefusedRow",
    "RetailerArticle",
    "SellOut",
    "SellOutHistory",
    "StoreProductMonth",
]
