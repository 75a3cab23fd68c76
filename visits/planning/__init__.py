"""Planning the field's time: weeks, routes, cadence, the start of the day, leave and call-backs."""
