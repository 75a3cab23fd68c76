"""Dashboards: one's day, one's team, the accounts in one's scope; what needs attention and what could be won, each with its reason.

Everything reads rollups (sales/figures.py) and the scores of visits, never single rows of sell-out; figures that reports show too
come from the same functions.
"""
