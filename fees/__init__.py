"""What it cost: obligations, ledger, claims and settlement. Empty until the money core is built."""
