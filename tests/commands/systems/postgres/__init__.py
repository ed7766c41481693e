"""Tests of commands/systems/postgres."""
