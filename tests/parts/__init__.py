"""Real parts: a machine that systemd booted, a supervisord, and the service under them."""
