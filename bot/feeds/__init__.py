"""Feeds: what other programs are told of each run, from an outbox in the record."""
