"""Tests of bot/tools."""
