"""What the company knows about its chains. All of them, and everybody who works there, are made up."""

from dataclasses import dataclass

from accounts.models import Contact, KeyAccount

Kind, Route, Function = KeyAccount.Kind, KeyAccount.TradeRoute, Contact.Function


@dataclass(frozen=True)
class Chain:
    """``fields`` of the root account, ``below`` it (code, name, kind), the keys of its people, yearly growth and promotion weeks."""

    fields: dict
    below: tuple
    manager: str
    rep: str
    growth: float
    size: float


US = {"country": "US", "currency": "USD", "claim_currency": "USD"}
CN = {"country": "CN", "currency": "CNY", "claim_currency": "CNY"}
CHAINS = [
    Chain(
        fields={
            **CN,
            "code": "HL",
            "name": "华联优选 Hualian Select",
            "legal_name": "华联优选商业有限公司",
            "tax_id": "91310000MA1FL0X000",
            "payment_days": 60,
            "address": "上海市静安区南京西路 1788 号",
            "is_strategic": True,
            "strategic_reason": "The benchmark for prices in East China; others follow.",
            "history": "Supplied since 2014. In 2022 buying moved from the regions to Shanghai; our share rose with the noodle range.",
            "needs": "Fewer out-of-stocks of tea drinks in summer; leaflet themes known eight weeks ahead.",
            "plans": "Thirty new stores in Jiangsu next year, half of them small formats. An own-label noodle is being tested.",
            "competitors": "康师傅 holds the eye-level shelf for noodles; 农夫山泉 pays for chillers at the entrance.",
        },
        below=(("HL-E", "华联优选 华东", Kind.REGION), ("HL-N", "华联优选 华北", Kind.REGION)),
        manager="china",
        rep="rep_china",
        growth=0.09,
        size=1.25,
    ),
    Chain(
        fields={
            **CN,
            "code": "HY",
            "name": "盒悦鲜生 Heyue Fresh",
            "legal_name": "盒悦鲜生（杭州）超市有限公司",
            "payment_days": 45,
            "history": "Listed with nuts first, in 2021; tea drinks followed after a test in Hangzhou.",
            "needs": "Small packs for delivery within the hour; photos and texts for the app.",
            "plans": "Wants to double imported snacks. Asks for a bundle that only they have.",
            "competitors": "三只松鼠 in nuts, 元气森林 in drinks.",
        },
        below=(),
        manager="china",
        rep="rep_china",
        growth=0.22,
        size=0.8,
    ),
    Chain(
        fields={
            **CN,
            "code": "MJ",
            "name": "满家超市 Manjia",
            "legal_name": "满家商贸集团股份有限公司",
            "trade_route": Route.DISTRIBUTOR,
            "payment_days": 75,
            "history": "Served by the distributor 恒通商贸 since 2016; bills come late and by store.",
            "needs": "A price that holds against the market stalls; regular visits, since stores order themselves.",
            "plans": "Closing weak stores in the north; a loyalty card starts in spring.",
            "competitors": "Local noodle makers at half the price.",
        },
        below=(("MJ-N", "满家超市 华北", Kind.REGION),),
        manager="china",
        rep="rep_china",
        growth=-0.06,
        size=0.7,
    ),
    Chain(
        fields={
            **US,
            "code": "HM",
            "name": "Harvest Market",
            "legal_name": "Harvest Market Stores Inc.",
            "tax_id": "36-4820175",
            "payment_days": 45,
            "address": "200 West Lake Street, Chicago, IL",
            "website": "https://harvest-market.example/",
            "history": "Our first American chain, since 2017. The Asian food aisle was rebuilt with us as category adviser in 2024.",
            "needs": "Proof that the larger noodle shelf pays; recipes at the shelf.",
            "plans": "Express stores in the inner cities; fewer, larger promotions.",
            "competitors": "Maruchan and Nissin in noodles, own label in nuts.",
        },
        below=(("HM-M", "Harvest Market Midwest", Kind.REGION), ("HM-X", "Harvest Express", Kind.BANNER)),
        manager="east",
        rep="rep_us",
        growth=0.12,
        size=1.1,
    ),
    Chain(
        fields={
            **US,
            "code": "BF",
            "name": "Beacon Foods",
            "legal_name": "Beacon Foods Cooperative",
            "payment_days": 30,
            "history": "A cooperative of 90 owners; the head office recommends, the owners decide.",
            "needs": "Visits: owners list what somebody shows them. Quick answers on short deliveries.",
            "plans": "A common warehouse in Hartford from next autumn.",
            "competitors": "Lee Kum Kee and Kikkoman in sauces.",
        },
        below=(("BF-NE", "Beacon Foods Northeast", Kind.REGION),),
        manager="east",
        rep="rep_us",
        growth=0.04,
        size=0.9,
    ),
    Chain(
        fields={
            **US,
            "code": "VD",
            "name": "Valu Depot",
            "legal_name": "Valu Depot LLC",
            "payment_days": 60,
            "history": "Discounter; entered with family packs only in 2020.",
            "needs": "Pallets that go straight to the floor, and a price under 5 dollars for the family pack.",
            "plans": "Two rounds of tenders a year instead of one.",
            "competitors": "Whoever is cheapest in the tender.",
        },
        below=(),
        manager="value",
        rep="rep_us",
        growth=0.02,
        size=1.0,
    ),
    Chain(
        fields={
            **CN,
            "code": "LB",
            "name": "乐邦便利 Lebang",
            "legal_name": "乐邦连锁便利（广州）有限公司",
            "payment_days": 60,
            "history": "Convenience stores in the south since 2020; they decide on drinks twice a year.",
            "needs": "Deliveries before seven; single bottles, no multipacks.",
            "plans": "Two hundred more corner shops; a coffee counter in each.",
            "competitors": "农夫山泉 and 元气森林 in the chiller, 瑞幸 in coffee.",
        },
        below=(("LB-S", "乐邦便利 华南", Kind.REGION),),
        manager="china_south",
        rep="rep_south",
        growth=0.15,
        size=0.6,
    ),
    Chain(
        fields={
            **CN,
            "code": "CS",
            "name": "川沙生活 Chuansha Life",
            "legal_name": "川沙生活超市（成都）有限公司",
            "payment_days": 45,
            "history": "The strongest chain of Sichuan; sauces were our way in.",
            "needs": "Hot flavours first; tastings on Saturdays.",
            "plans": "Takes over a rival with forty stores in Chongqing.",
            "competitors": "海天 and 李锦记 in sauces, local noodle makers.",
        },
        below=(("CS-W", "川沙生活 西南", Kind.REGION),),
        manager="china_south",
        rep="rep_south",
        growth=0.11,
        size=0.95,
    ),
    Chain(
        fields={
            **CN,
            "code": "YJ",
            "name": "云集到家 Yunji Home",
            "legal_name": "云集到家电子商务有限公司",
            "kind": Kind.MARKETPLACE,
            "trade_route": Route.MARKETPLACE,
            "payment_days": 30,
            "history": "Delivers within the hour from its own dark stores; started with nuts and coffee.",
            "needs": "Pictures, short texts, stock that is right at six in the evening.",
            "plans": "Double Eleven decides the year.",
            "competitors": "三只松鼠, 三顿半.",
        },
        below=(),
        manager="china_south",
        rep="rep_south",
        growth=0.28,
        size=0.85,
    ),
    Chain(
        fields={
            **US,
            "code": "PC",
            "name": "Pacific Crate",
            "legal_name": "Pacific Crate Markets Inc.",
            "payment_days": 45,
            "address": "1200 Alder Street, Portland, OR",
            "is_strategic": True,
            "strategic_reason": "The first chain west of the Rockies; the others watch its Asian aisle.",
            "history": "Listed in 2023 after a test in twelve stores of the Bay Area.",
            "needs": "Labels in three languages; certificates for every lot.",
            "plans": "An Asian aisle in every store by next spring.",
            "competitors": "Nongshim in noodles, Kikkoman in sauces, Ito En in tea.",
        },
        below=(("PC-W", "Pacific Crate West", Kind.REGION),),
        manager="west",
        rep="rep_west",
        growth=0.18,
        size=1.15,
    ),
    Chain(
        fields={
            **US,
            "code": "GN",
            "name": "Green Nest",
            "legal_name": "Green Nest Natural Foods LLC",
            "payment_days": 30,
            "history": "Organic grocer; only cereals, nuts and grains fit its rules.",
            "needs": "Proof of origin; no palm oil.",
            "plans": "Smaller stores near universities.",
            "competitors": "Bob's Red Mill, own label.",
        },
        below=(),
        manager="west",
        rep="rep_west",
        growth=0.07,
        size=0.7,
    ),
    Chain(
        fields={
            **US,
            "code": "SW",
            "name": "Southwind Markets",
            "legal_name": "Southwind Markets Inc.",
            "trade_route": Route.DISTRIBUTOR,
            "payment_days": 60,
            "history": "Served by the distributor Gulf Provisions since 2021; the shelf is theirs, the price is ours.",
            "needs": "Credit notes within the month; a rep whom the stores know.",
            "plans": "Remodels thirty stores in Texas.",
            "competitors": "Maruchan in noodles, Goya in rice.",
        },
        below=(("SW-S", "Southwind Markets South", Kind.REGION),),
        manager="west",
        rep="rep_west",
        growth=-0.03,
        size=1.05,
    ),
]
CONTACTS = {
    "HL": [
        ("刘芳", Function.BUYER, "采购经理 Category buyer, snacks", "assortment, leaflet, annual contract"),
        ("陈建国", Function.FINANCE, "应付账款 Accounts payable", "invoice, rebate, deductions"),
        ("吴敏", Function.EXECUTIVE, "采购总监 Buying director", "annual contract"),
    ],
    "HY": [
        ("Zhang Yuting 张雨婷", Function.BUYER, "Buyer, packaged food", "listing, bundles, app"),
        ("孙浩", Function.LOGISTICS, "Warehouse Hangzhou", "delivery slots"),
    ],
    "MJ": [
        ("马俊", Function.BUYER, "采购 Buyer", "price, listing"),
        ("高丽", Function.STORE, "店长 Store manager, 济南", "display, orders"),
    ],
    "HM": [
        ("Dana Whitfield", Function.BUYER, "Category manager, international foods", "assortment, shelf plan, leaflet"),
        ("Marcus Boyd", Function.FINANCE, "Vendor settlements", "deduction, rebate, invoice"),
        ("Elena Rossi", Function.LOGISTICS, "Inbound logistics", "delivery slots, shortages"),
    ],
    "BF": [
        ("Grace Murphy", Function.BUYER, "Head-office recommendations", "listing, recommendations"),
        ("Owen Tanaka", Function.STORE, "Owner, Providence", "display, orders"),
    ],
    "VD": [
        ("Karen Oduya", Function.BUYER, "Tender buyer", "tender, price, leaflet"),
        ("Luis Ferreira", Function.FINANCE, "Accounts payable", "invoice, deduction"),
    ],
    "LB": [
        ("何志强", Function.BUYER, "采购 Buyer, drinks", "listing, chiller, price"),
        ("梁婉", Function.LOGISTICS, "物流 Night deliveries", "delivery slots, returns"),
    ],
    "CS": [
        ("唐蓉", Function.BUYER, "采购经理 Category buyer, sauces", "assortment, tasting, leaflet"),
        ("罗斌", Function.FINANCE, "应付账款 Accounts payable", "invoice, rebate"),
    ],
    "YJ": [("许晴", Function.BUYER, "运营 Category operations", "pictures, campaigns, stock")],
    "PC": [
        ("Hannah Sato", Function.BUYER, "Category manager, world foods", "assortment, shelf plan"),
        ("Peter Nilsson", Function.FINANCE, "Vendor accounts", "deduction, invoice"),
    ],
    "GN": [("Ruth Amadi", Function.BUYER, "Buyer, dry goods", "listing, certificates")],
    "SW": [
        ("Carl Jennings", Function.BUYER, "Category manager, dry grocery", "assortment, promotion"),
        ("Iris Delgado", Function.STORE, "Store manager, Houston", "display, orders"),
    ],
}
