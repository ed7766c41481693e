"""The PostgreSQL tools: queries and migrations over psycopg, and scratch servers on the bot's machine."""
