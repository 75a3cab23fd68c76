"""Sixty products in ten categories; the small company starts with the first thirty."""

from decimal import Decimal

from stdnum import ean

from sales.models import Product
from sales.services.products import create_product

BRANDS = {
    "Biscuits": "Hearthside",
    "Instant noodles": "Lao Jie 老街",
    "Tea drinks": "Qinglan 青岚",
    "Nuts & dried fruit": "Orchard Row",
    "Sauces": "Lao Jie 老街",
    "Coffee": "Orchard Row",
    "Confectionery": "Hearthside",
    "Rice & grains": "Lao Jie 老街",
    "Juice": "Qinglan 青岚",
    "Breakfast cereals": "Hearthside",
}
# category: (name, pack, list price USD)
PRODUCTS = {
    "Biscuits": [
        ("Butter biscuits", "12 × 200 g", "2.49"),
        ("Oat biscuits with honey", "12 × 220 g", "2.79"),
        ("Cocoa sandwich biscuits", "16 × 176 g", "2.29"),
        ("Sesame crackers 芝麻饼干", "20 × 150 g", "1.99"),
        ("Digestive biscuits", "12 × 400 g", "3.19"),
        ("Lemon wafers", "18 × 125 g", "1.89"),
    ],
    "Instant noodles": [
        ("Beef noodles 红烧牛肉面", "24 × 105 g", "1.29"),
        ("Hot & sour noodles 酸辣面", "24 × 108 g", "1.29"),
        ("Chicken broth noodles", "24 × 98 g", "1.19"),
        ("Noodle bowl, sesame 麻酱面", "12 × 120 g", "1.99"),
        ("Dry-mixed noodles 葱油拌面", "24 × 112 g", "1.49"),
        ("Family pack beef noodles", "6 × 5 × 105 g", "5.49"),
    ],
    "Tea drinks": [
        ("Green tea unsweetened 绿茶", "15 × 500 ml", "1.59"),
        ("Jasmine tea 茉莉花茶", "15 × 500 ml", "1.59"),
        ("Oolong tea 乌龙茶", "15 × 500 ml", "1.69"),
        ("Lemon black tea", "15 × 500 ml", "1.59"),
        ("Peach oolong", "15 × 500 ml", "1.79"),
        ("Green tea family bottle", "6 × 2 l", "3.29"),
    ],
    "Nuts & dried fruit": [
        ("Roasted almonds", "10 × 180 g", "4.99"),
        ("Daily nuts 每日坚果", "8 × 7 × 25 g", "7.99"),
        ("Walnut kernels", "10 × 200 g", "5.99"),
        ("Dried mango", "12 × 120 g", "3.79"),
        ("Red dates 红枣", "10 × 250 g", "3.99"),
        ("Trail mix", "10 × 220 g", "4.79"),
    ],
    "Sauces": [
        ("Light soy sauce 生抽", "12 × 500 ml", "2.99"),
        ("Dark soy sauce 老抽", "12 × 500 ml", "3.29"),
        ("Chilli crisp 香辣脆油", "12 × 275 g", "4.29"),
        ("Oyster sauce 蚝油", "12 × 510 g", "3.49"),
        ("Black bean sauce 豆豉酱", "12 × 280 g", "3.19"),
        ("Rice vinegar 香醋", "12 × 500 ml", "2.59"),
    ],
    "Coffee": [
        ("Ground coffee, mild", "12 × 250 g", "5.49"),
        ("Ground coffee, dark", "12 × 250 g", "5.49"),
        ("Instant coffee 速溶咖啡", "12 × 100 g", "4.99"),
        ("Latte sticks 拿铁", "16 × 8 × 15 g", "3.29"),
        ("Cold brew bottle", "15 × 280 ml", "2.19"),
        ("Coffee beans 1 kg", "6 × 1 kg", "14.90"),
    ],
    "Confectionery": [
        ("Milk chocolate with nuts", "20 × 100 g", "1.99"),
        ("Dark chocolate 70 %", "20 × 100 g", "2.19"),
        ("White rabbit-style toffee 奶糖", "24 × 114 g", "2.49"),
        ("Fruit gums", "24 × 150 g", "1.79"),
        ("Hawthorn rolls 山楂卷", "20 × 120 g", "1.99"),
        ("Gift box 礼盒", "4 × 480 g", "9.90"),
    ],
    "Rice & grains": [
        ("Jasmine rice", "8 × 2 kg", "6.49"),
        ("Northeast rice 东北大米", "4 × 5 kg", "11.90"),
        ("Millet 小米", "12 × 500 g", "2.69"),
        ("Black rice 黑米", "12 × 500 g", "3.19"),
        ("Quinoa", "12 × 400 g", "4.29"),
        ("Oat flakes", "12 × 750 g", "2.99"),
    ],
    "Juice": [
        ("Apple juice", "12 × 1 l", "1.99"),
        ("Orange juice", "12 × 1 l", "2.49"),
        ("Pear & rock sugar 冰糖雪梨", "15 × 500 ml", "1.49"),
        ("Coconut water 椰子水", "12 × 1 l", "3.49"),
        ("Sour plum drink 酸梅汤", "15 × 500 ml", "1.49"),
        ("Juice for children", "8 × 6 × 125 ml", "3.99"),
    ],
    "Breakfast cereals": [
        ("Granola, honey", "10 × 400 g", "4.49"),
        ("Granola, cocoa", "10 × 400 g", "4.49"),
        ("Corn flakes", "12 × 375 g", "2.99"),
        ("Muesli, fruit", "10 × 500 g", "3.99"),
        ("Instant oat porridge 燕麦片", "12 × 320 g", "2.79"),
        ("Red bean & barley powder 红豆薏米粉", "12 × 500 g", "4.99"),
    ],
}
COST_SHARE = Decimal("0.58")


def make_products(*, actor, count=30):
    """The first ``count`` products in the order of the table; GTINs are of the range that shops keep for themselves."""
    made = []
    for category, rows in PRODUCTS.items():
        for name, pack, price in rows[: max(0, count - len(made))]:
            digits = f"29900{len(made) + 101:07}"
            price = Decimal(price)
            values = {
                "sku": f"Q{len(made) + 1001}",
                "gtin": digits + ean.calc_check_digit(digits),
                "name": name,
                "brand_name": BRANDS[category],
                "brand_type": "own",
                "category_name": category,
                "department": "Ambient",
                "pack_size": pack,
                "list_price": price,
                "unit_cost": (price * COST_SHARE).quantize(Decimal("0.0001")),
            }
            made.append(create_product(product=Product(), values=values, actor=actor))
    return made
