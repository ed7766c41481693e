"""Tests of bot/tools/analysis."""
