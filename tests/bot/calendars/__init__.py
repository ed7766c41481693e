"""Tests of calendars as a source of freezes: bot/calendars."""
