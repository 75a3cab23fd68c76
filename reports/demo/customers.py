"""Chains in two countries with their banners, regions, stores and contacts, and who looks after them."""

from datetime import timedelta
from decimal import Decimal

from stdnum import ean

from accounts import services
from accounts.models import AccountAssignment, Contact, KeyAccount, Store

from .dossiers import CHAINS, CONTACTS

CITIES = {
    "US": [
        ("Chicago", "Midwest", 41.8781, -87.6298),
        ("Milwaukee", "Midwest", 43.0389, -87.9065),
        ("Indianapolis", "Midwest", 39.7684, -86.1581),
        ("Columbus", "Midwest", 39.9612, -82.9988),
        ("Boston", "Northeast", 42.3601, -71.0589),
        ("Hartford", "Northeast", 41.7658, -72.6734),
        ("Providence", "Northeast", 41.8240, -71.4128),
        ("Philadelphia", "Northeast", 39.9526, -75.1652),
    ],
    "CN": [
        ("上海", "华东", 31.2304, 121.4737),
        ("杭州", "华东", 30.2741, 120.1551),
        ("苏州", "华东", 31.2990, 120.5853),
        ("南京", "华东", 32.0603, 118.7969),
        ("北京", "华北", 39.9042, 116.4074),
        ("天津", "华北", 39.3434, 117.3616),
        ("济南", "华北", 36.6512, 117.1201),
        ("青岛", "华北", 36.0671, 120.3826),
    ],
}
# Where chains of a region lie that the small company does not reach.
FURTHER_CITIES = {
    "US": [
        ("Portland", "West", 45.5152, -122.6784),
        ("Seattle", "West", 47.6062, -122.3321),
        ("San Jose", "West", 37.3382, -121.8863),
        ("Houston", "South", 29.7604, -95.3698),
        ("Dallas", "South", 32.7767, -96.7970),
        ("San Antonio", "South", 29.4241, -98.4936),
    ],
    "CN": [
        ("广州", "华南", 23.1291, 113.2644),
        ("深圳", "华南", 22.5431, 114.0579),
        ("佛山", "华南", 23.0215, 113.1214),
        ("成都", "西南", 30.5728, 104.0668),
        ("重庆", "西南", 29.5630, 106.5516),
    ],
}
FORMATS = ("hypermarket", "supermarket", "supermarket", "convenience")
# How much a store sells against a supermarket.
WEIGHT = {"hypermarket": 1.9, "supermarket": 1.0, "convenience": 0.45}
_STREETS = {
    "US": ("Oak Street", "Lake Avenue", "Main Street", "State Road", "Hill Boulevard"),
    "CN": ("人民路", "中山路", "解放大道", "建设路", "滨江大道"),
}


class Customers:
    """``chains``: the roots; ``stores`` of each chain's whole tree by its code; ``manager`` and ``rep`` of each by its code."""

    def __init__(self):
        self.chains, self.stores, self.manager, self.rep = [], {}, {}, {}


def gln(number):
    digits = f"29900{number:07}"
    return digits + ean.calc_check_digit(digits)


def make_customers(*, people, stores, today, months, rng, chains=6):
    """Create everything by its service and assign people from before the first sell-out on."""
    customers = Customers()
    since = today.replace(day=1) - timedelta(days=31 * (months + 2))
    for number, chain in enumerate(CHAINS[:chains]):
        actor = people["administrator"]
        root = services.create_account(account=KeyAccount(**chain.fields, gln=gln(100 + number), valid_from=since), actor=actor)
        below = [_below(root, chain, code, name, kind, since, actor) for code, name, kind in chain.below]
        customers.chains.append(root)
        customers.manager[root.code], customers.rep[root.code] = people[chain.manager], people[chain.rep]
        for person, duty in (
            (people[chain.manager], AccountAssignment.Duty.KA_MANAGER),
            (people[chain.rep], AccountAssignment.Duty.FIELD_REP),
        ):
            style = AccountAssignment.Style.HUNTER if chain.fields.get("is_strategic") else AccountAssignment.Style.FARMER
            services.assign(account=root, user=person, duty=duty, style=style, starts_on=since, ends_on=None, actor=actor)
        share = stores // chains + (number < stores % chains)
        places = below or [root]
        customers.stores[root.code] = [
            _store(root, places[index % len(places)], number * 100 + index + 1, since, actor, rng) for index in range(share)
        ]
        for name, function, title, subjects in CONTACTS[root.code]:
            local = "".join(char if char.isascii() and char.isalnum() else "." for char in name.lower()).strip(".") or f"contact{number}"
            contact = Contact(
                account=root, name=name, function=function, title=title, subjects=subjects, email=f"{local}@{root.code.lower()}.example"
            )
            services.create_contact(contact=contact, actor=people[chain.manager])
    return customers


def _below(root, chain, code, name, kind, since, actor):
    fields = {"country": root.country, "currency": root.currency, "claim_currency": root.claim_currency, "trade_route": root.trade_route}
    return services.create_account(
        account=KeyAccount(code=code, name=name, kind=kind, parent=root, valid_from=since, **fields), actor=actor
    )


def _store(root, account, number, since, actor, rng):
    """A store near a city's centre; its chain's own number has leading zeros, as retailers write them."""
    cities = CITIES[root.country]
    regional = [city for city in (*cities, *FURTHER_CITIES[root.country]) if city[1] in account.name] or cities
    city, region, latitude, longitude = regional[int(rng.integers(len(regional)))]
    first_street, house = int(rng.integers(5)), int(rng.integers(1, 400))
    streets = [_STREETS[root.country][(first_street + step) % 5] for step in range(5)]
    names = {_shop_name(root, account, city, street): street for street in streets}
    taken = set(Store.objects.filter(name__in=names).values_list("name", flat=True))
    name = next((name for name in names if name not in taken), f"{next(iter(names))} {number % 100}")
    street = names.get(name, streets[0])
    store = Store(
        code=f"{root.code}-{number % 100:02}",
        account=account,
        name=name,
        retailer_store_no=f"{number:05}",
        gln=gln(10_000 + number),
        region=region,
        store_format=FORMATS[number % 4],
        country=root.country,
        city=city,
        address=f"{house} {street}, {city}" if root.country == "US" else f"{city}市{street}{house}号",
        latitude=round(Decimal(latitude + float(rng.normal(0, 0.06))), 5),
        longitude=round(Decimal(longitude + float(rng.normal(0, 0.06))), 5),
        opened_on=since - timedelta(days=int(rng.integers(200, 4000))),
    )
    return services.create_store(store=store, actor=actor)


def _shop_name(root, account, city, street):
    """What stands over the door: the banner's or the chain's name, never the region's."""
    over_the_door = account.name if account.kind == KeyAccount.Kind.BANNER else root.name
    return f"{over_the_door.split()[0]}{city}{street}店" if root.country == "CN" else f"{over_the_door} {city}, {street}"
