"""Tests of bot/tools/local."""
