"""The Slack edge: runs as messages, and what people press and type."""
