"""Tests of commands/ports."""
