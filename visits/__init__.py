"""What was seen: plans, visits, shelf facts and photos."""
