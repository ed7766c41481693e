"""Tests of bot/feeds."""
