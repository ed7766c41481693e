"""Tests of commands/watch."""
