"""What it comes to: reports over everything before, frozen, commented, approved."""
