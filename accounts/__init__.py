"""Who we sell through: key accounts, stores, contacts and the people who look after them."""
