"""The outbox: posts every event of a run to Slack, in order and once."""
