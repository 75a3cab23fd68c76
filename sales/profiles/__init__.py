"""The sell-out dialects that ship, one JSON table each; an account gets its own from a page, starting from one of these.

``SELLOUT`` says which fields every dialect has to yield. CANONICAL is our own form, with our codes under the fields' names.
"""

import json
from functools import cache
from pathlib import Path

from ka_crm.imports.profile import Profile
from ka_crm.imports.schema import Field, Kind, Schema

FOLDER = Path(__file__).parent
STORE_FIELDS = ("store_code", "retailer_store_no", "store_gln")
ITEM_FIELDS = ("sku", "gtin", "article_no")

SELLOUT = Schema(
    name="sellout",
    fields=(
        Field("account_code", Kind.CODE, required=False, max_length=40),
        Field("store_code", Kind.CODE, required=False, max_length=40),
        Field("retailer_store_no", Kind.STORE_NO, required=False, max_length=40),
        Field("store_gln", Kind.GLN, required=False),
        Field("store_name", Kind.TEXT, required=False),
        Field("date", Kind.DATE),
        Field("period_start", Kind.DATE, required=False),
        Field("sku", Kind.CODE, required=False, max_length=40),
        Field("gtin", Kind.GTIN, required=False),
        Field("article_no", Kind.CODE, required=False, max_length=40),
        Field("item_name", Kind.TEXT, required=False),
        Field("units", Kind.INTEGER),
        Field("gross_value", Kind.MONEY, may_lack=True),
        Field("discount_value", Kind.MONEY, may_lack=True),
        Field("net_value", Kind.MONEY),
        Field("supplier_coupon_value", Kind.MONEY, required=False),
    ),
    one_of=(STORE_FIELDS, ITEM_FIELDS),
    same_sign=("units", "gross_value", "net_value"),
    summed=("units", "gross_value", "discount_value", "net_value"),
    period_field="date",
)


@cache
def shipped():
    """The shipped profiles by code: D01 to D12 and CANONICAL."""
    profiles = [Profile.from_dict(json.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.json"))]
    return {profile.code: profile for profile in profiles}
