"""What the bot knows of each product: PostgreSQL, logs, folders, Sentry, HTTP."""
