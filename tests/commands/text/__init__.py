"""Tests of commands/text."""
