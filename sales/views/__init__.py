"""Pages of products, imports, profiles, and the sell-out panels of accounts, stores and products."""
