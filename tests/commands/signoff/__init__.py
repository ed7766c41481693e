"""Tests of commands/signoff."""
