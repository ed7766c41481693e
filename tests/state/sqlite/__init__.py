"""Tests of state/sqlite."""
