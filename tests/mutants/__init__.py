"""Mutants: small changes to a copy of the code, which a room's tests must notice."""
