"""What was promoted: funds, plans, tactics and their evaluation. Empty until the promotion part is built."""
