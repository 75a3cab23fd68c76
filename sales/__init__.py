"""What is sold and owed: products, sell-out, market totals, and the import of every retailer file."""
