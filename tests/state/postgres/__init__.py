"""Tests of the record in PostgreSQL."""
