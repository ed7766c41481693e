"""Preflight checks that several step kinds use: on hosts, in databases, and whether a place is reachable."""
