"""Tests of bot/doors."""
