"""Accounts by the hundred, stores by the thousand, and the people who look after them."""

from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from accounts.models import AccountAssignment, KeyAccount, Store
from contracts.models import MustStockRule
from ka_crm.demo import PASSWORD, email_of
from team.models import Team, User
from team.roles import Role
from team.services import create_team

from ..customers import CITIES, FORMATS, FURTHER_CITIES

MANAGERS, REPS, SUPERVISORS = 40, 80, 8
ZONES = {"US": "America/Chicago", "CN": "Asia/Shanghai"}


def make_crew(people):
    """{"managers": […], "reps": […]}: 40 and 80 people in 8 teams beside those with a name; they share the known password."""
    root = Team.objects.get(name=people["administrator"].team.name)
    teams = [create_team(name=f"Region {number + 1}", parent=root, actor=None) for number in range(SUPERVISORS)]
    password = make_password(PASSWORD)

    def of_role(role, count, word):
        crew = [
            User(
                email=email_of(f"{word.replace(' ', '.').lower()}.{number + 1}"),
                name=f"{word} {number + 1}",
                role=role,
                team=teams[number % len(teams)],
                password=password,
                time_zone=ZONES["US" if number % 2 else "CN"],
            ).fill_search()
            for number in range(count)
        ]
        return User.objects.bulk_create(crew)

    of_role(Role.SUPERVISOR, SUPERVISORS, "Supervisor")
    # Those with a name come first: their logins are the ones that people use.
    managers = [people["china"], people["east"], *of_role(Role.KA_MANAGER, MANAGERS - 2, "Manager")]
    reps = [people["rep_china"], people["rep_us"], *of_role(Role.FIELD_REP, REPS - 2, "Rep")]
    return {"managers": managers, "reps": reps}


def make_accounts(size, people, crew, today):
    """``size.chains`` chains, each with its regions, ``size.accounts`` in all, and who looks after each chain."""
    since = today - timedelta(days=31 * (size.months + 2))
    chains = [_account(f"C{number + 1:03}", f"Chain {number + 1}", "CN" if number % 2 else "US", since) for number in range(size.chains)]
    chains = KeyAccount.objects.bulk_create(chains)
    for chain in chains:
        chain.path = f"/{chain.pk}/"
    regions = []
    for number in range(size.accounts - len(chains)):
        chain = chains[number % len(chains)]
        part = number // len(chains) + 1
        region = _account(f"{chain.code}-{part}", f"{chain.name} Region {part}", chain.country, since)
        region.kind, region.parent = KeyAccount.Kind.REGION, chain
        regions.append(region)
    regions = KeyAccount.objects.bulk_create(regions)
    for region in regions:
        region.path = f"{region.parent.path}{region.pk}/"
    KeyAccount.objects.bulk_update([*chains, *regions], ["path"], batch_size=500)
    duty = AccountAssignment.Duty
    AccountAssignment.objects.bulk_create(
        AccountAssignment(account=chain, user=person, duty=what, starts_on=since)
        for number, chain in enumerate(chains)
        for person, what in (
            (crew["managers"][number % len(crew["managers"])], duty.KA_MANAGER),
            (crew["reps"][number % len(crew["reps"])], duty.FIELD_REP),
            (crew["reps"][(number + len(chains)) % len(crew["reps"])], duty.FIELD_REP),
        )
    )
    return [*chains, *regions]


def _account(code, name, country, since):
    currency = "CNY" if country == "CN" else "USD"
    return KeyAccount(code=code, name=name, country=country, currency=currency, claim_currency=currency, valid_from=since).fill_search()


def make_stores(size, accounts, today, rng):
    """``size.stores`` stores, spread evenly over the accounts and around the demo company's cities."""
    made = []
    north, east = rng.normal(0, 0.4, size.stores), rng.normal(0, 0.4, size.stores)
    for number in range(size.stores):
        account = accounts[number % len(accounts)]
        cities = [*CITIES[account.country], *FURTHER_CITIES[account.country]]
        city, region, latitude, longitude = cities[number // len(accounts) % len(cities)]
        made.append(
            Store(
                code=f"S{number + 1:05}",
                account=account,
                name=f"{account.name} {city} {number + 1}",
                retailer_store_no=f"{number + 1:05}",
                region=region,
                store_format=FORMATS[number % len(FORMATS)],
                country=account.country,
                city=city,
                latitude=round(Decimal(latitude + float(north[number])), 5),
                longitude=round(Decimal(longitude + float(east[number])), 5),
                opened_on=today - timedelta(days=2_000),
            ).fill_search()
        )
    return Store.objects.bulk_create(made, batch_size=1_000)


def make_must_stock(products, today):
    """Ten products everywhere, ten more in hypermarkets."""
    since = today - timedelta(days=800)
    MustStockRule.objects.bulk_create(
        MustStockRule(product=product, store_format="" if number < 10 else "hypermarket", starts_on=since)
        for number, product in enumerate(products[:20])
    )
