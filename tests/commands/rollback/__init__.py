"""Tests of commands/rollback."""
