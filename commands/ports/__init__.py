"""Ports: what the core asks of the outside world; `bot/tools` has the real tools."""
