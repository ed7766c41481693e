"""Preflight checks that several step kinds use: hosts, databases, reachable places."""
