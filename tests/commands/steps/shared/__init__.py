"""Tests of commands/steps/shared."""
