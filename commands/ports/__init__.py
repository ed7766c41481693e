"""Ports: what the core asks of the outside world, as protocols; the real tools are in `bot/tools`."""
