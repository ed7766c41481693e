"""What the bot knows of each product it works with (PostgreSQL, logs, Sentry, HTTP); nothing here knows of steps."""
