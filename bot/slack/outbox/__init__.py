"""The outbox: posts every event of a run to Slack, in order and once, and keeps the messages up to date."""
