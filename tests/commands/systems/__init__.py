"""Tests of commands/systems."""
