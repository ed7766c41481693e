"""Every edge of the product: Slack, the terminal, the real tools, the wiring and the rehearsal."""
