"""Tests of commands/steps/kinds."""
