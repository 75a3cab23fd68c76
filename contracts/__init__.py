"""What was agreed: at present the must-stock rules; versions, terms and tiers follow."""
