"""Tests of commands/systems/preflight."""
