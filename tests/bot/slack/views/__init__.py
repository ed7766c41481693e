"""Tests of bot/slack/views."""
