"""The PostgreSQL tools: queries and migrations, and scratch servers on the bot's machine."""
