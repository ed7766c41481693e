"""Tests of commands/systems/services."""
