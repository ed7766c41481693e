"""Tests of bot/tools/ssh."""
