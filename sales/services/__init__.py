"""Verbs of sales: products, imports."""
