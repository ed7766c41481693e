"""Tests of bot/tools/postgres."""
