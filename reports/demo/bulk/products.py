"""Products by the hundred: categories and brands of the catalogue, names by number."""

from stdnum import ean

from sales.models import Brand, Category, Product

from ..catalogue import BRANDS

VARIETIES = ("classic", "light", "family", "spicy", "sesame", "honey", "mini", "gift")


def make_products(count, rng):
    """``count`` products over the catalogue's categories, list prices from 0.99 to 14.99 USD."""
    categories = Category.objects.bulk_create([Category(name=name) for name in BRANDS])
    brands = {brand.name: brand for brand in Brand.objects.bulk_create([Brand(name=name) for name in sorted(set(BRANDS.values()))])}
    made = []
    for number in range(count):
        category = categories[number % len(categories)]
        digits = f"29900{number + 5_001:07}"
        price_e4 = int(rng.integers(99, 1_500)) * 100
        product = Product(
            sku=f"L{number + 10_001}",
            gtin=digits + ean.calc_check_digit(digits),
            name=f"{category.name}, {VARIETIES[number // len(categories) % len(VARIETIES)]} no. {number + 1}",
            brand=brands[BRANDS[category.name]],
            brand_type="own",
            category=category,
            department="Ambient",
            pack_size="12 × 1",
            list_price_e4=price_e4,
            unit_cost_e4=price_e4 * 58 // 100,
        )
        made.append(product.fill_search())
    return Product.objects.bulk_create(made)
