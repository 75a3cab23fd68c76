"""Who works here, who may do what, what waits for whom."""
