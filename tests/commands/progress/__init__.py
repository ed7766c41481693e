"""Tests of commands/progress."""
