"""Mutants: one small change at a time is made to a copy of the code, and a room's own tests must notice it."""
