"""What watches the bot from outside: its health and its numbers over HTTP, and the heartbeat."""
