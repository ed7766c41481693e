"""Tests of bot/slack/outbox."""
